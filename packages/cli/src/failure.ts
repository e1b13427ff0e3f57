/**
 * What is told when a command cannot do what it was asked: one clear line (what, why, what to do) and an exit code.
 * 0 done, 1 it did not work, 2 it was asked wrongly, 130 interrupted (143 by SIGTERM).
 */
import { RtdError } from '@rtd/protocol';
import { closest } from './did-you-mean.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Asked wrongly: nothing was tried. */
export class UsageError extends Error {
  /** Kept apart from `message`, which the flag parser rewrites. */
  readonly problem: string;

  constructor(problem: string) {
    super(problem);
    this.name = 'UsageError';
    this.problem = problem;
  }
}

/** Asked rightly, and did not work. */
export class Failure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
  }
}

export interface Verdict {
  /** Without a prefix; more lines only where there is more than one problem. */
  readonly text: string;
  readonly exitCode: number;
  /** For who asks for it (`DEBUG=rtd`); undefined where the text says it all. */
  readonly stack?: string | undefined;
}

/** `words` is the command, as in `watch chat`. */
export function verdictOn(thrown: unknown, words: string): Verdict {
  if (thrown instanceof UsageError) return { text: thrown.problem, exitCode: EXIT.usage };
  if (thrown instanceof Failure) return { text: thrown.message, exitCode: EXIT.failed, stack: thrown.stack };
  if (thrown instanceof RtdError) {
    const asked = thrown.code === 'VALIDATION' || thrown.code === 'TOO_LARGE';
    const hint = thrown.code === 'UNAUTHENTICATED' ? ' Here, put the token into the variable RTD_TOKEN.' : '';
    return { text: `${thrown.message}${hint}`, exitCode: asked ? EXIT.usage : EXIT.failed, stack: thrown.stack };
  }
  if (isParseError(thrown)) return { text: ofParseError(thrown, words), exitCode: EXIT.usage };
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const text = `This should not have happened: ${error.message} (DEBUG=rtd shows where.)`;
  return { text, exitCode: EXIT.failed, stack: error.stack };
}

/** An error of oclif's parser. Its classes are not exported, so it is known by what it carries. */
interface ParseError extends Error {
  readonly oclif: object;
  /** The unknown flags, where that is what is wrong. */
  readonly flags?: unknown;
  /** Arguments too many, or missing. */
  readonly args?: unknown;
  readonly parse?: { readonly input?: { readonly flags?: object } };
}

function isParseError(thrown: unknown): thrown is ParseError {
  return thrown instanceof Error && 'oclif' in thrown && typeof thrown.oclif === 'object';
}

function ofParseError(error: ParseError, words: string): string {
  const seeHelp = `See "rtd ${words} --help".`;
  const [unknown] = strings(error.flags);
  if (unknown !== undefined) {
    const known = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`);
    const meant = closest(unknown, [...known, '--help']);
    return `There is no option ${unknown}.${meant === undefined ? '' : ` Did you mean ${meant}?`} ${seeHelp}`;
  }
  const [extra] = strings(error.args);
  if (extra !== undefined) {
    return `"${extra}" is one argument too many: put what belongs together into quotes. ${seeHelp}`;
  }
  const text = error.message
    .replace(/\n?See more help with --help/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
  return `${text}${/[.!?]$/.test(text) ? '' : '.'} ${seeHelp}`;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

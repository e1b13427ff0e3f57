/**
 * What is told when a command cannot do what it was asked: one clear line (what, why, what to do) and an exit code.
 * 0 done, 1 it did not work, 2 it was asked wrongly, 130 interrupted.
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
    return { text: thrown.message, exitCode: asked ? EXIT.usage : EXIT.failed, stack: thrown.stack };
  }
  if (isParseError(thrown)) return { text: ofParseError(thrown, words), exitCode: EXIT.usage };
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const known = ofSystem(error);
  if (known !== undefined) return { text: known, exitCode: EXIT.failed, stack: error.stack };
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

/** The system errors that a person can do something about. */
function ofSystem(error: Error): string | undefined {
  const code = 'code' in error ? error.code : undefined;
  const place = 'path' in error && typeof error.path === 'string' ? error.path : 'that folder';
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${numberIn(error, 'port')} is in use by another program: stop that one, or take another port with --port (0 takes any free one).`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no such address to listen on: ${error.message}. Try --host 127.0.0.1.`;
    case 'EACCES':
    case 'EPERM':
      if ('syscall' in error && error.syscall === 'listen') {
        return `Listening on port ${numberIn(error, 'port')} is not allowed: take one from 1024 on with --port.`;
      }
      return `No right to write to ${place}: give that right, or choose another folder with --data-dir.`;
    case 'EROFS':
      return `${place} is read-only: choose another folder with --data-dir.`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${place} is no folder: choose another one with --data-dir.`;
    case 'ENOSPC':
      return `No space is left for ${place}: make room, or choose another folder with --data-dir.`;
    default:
      return undefined;
  }
}

function numberIn(error: Error, field: string): string {
  const value: unknown = Object.entries(error).find(([name]) => name === field)?.[1];
  return typeof value === 'number' ? String(value) : '';
}

/** What a check is, and what it finds. */
import type { Surroundings } from './surroundings.ts';

export const STATUSES = ['pass', 'warn', 'fail', 'skip'] as const;
export type Status = (typeof STATUSES)[number];

/** The stretches of the way that data takes, in its order. */
export const STRETCHES = ['machine', 'backends', 'network', 'websocket', 'stomp', 'stream', 'fallbacks'] as const;
export type Stretch = (typeof STRETCHES)[number];

/** What a check says of what it has looked at. Texts are shown to people and may not hold a secret. */
export interface Finding {
  readonly status: Status;
  /** What was asked, of whom; empty where nothing was. */
  readonly asked: string;
  /** What came back. */
  readonly answered: string;
  readonly meaning: string;
  /** Commands, a line each; undefined where nothing is to be done. */
  readonly fix: string | undefined;
}

export interface Check {
  /** As `--only` takes it and as the heading of its section in docs/troubleshooting.md. */
  readonly id: string;
  readonly stretch: Stretch;
  /** What is found out, in a few words. */
  readonly title: string;
  /** Checks without whose success this one says nothing. Those that are left out by `--only` do not count. */
  readonly needs?: readonly string[] | undefined;
  /** Takes seconds by nature: the ones behind it go on meanwhile. */
  readonly slow?: true | undefined;
  /** Asks over HTTP, or over a WebSocket, which begins as HTTP: skipped where the server is STOMP on bare TCP. */
  readonly http?: true | undefined;
  /** Only ever about what runs on this machine: skipped when the server is elsewhere. */
  readonly local?: true | undefined;
  /** May throw; that is a failure with the error's text. */
  run(surroundings: Surroundings): Promise<Finding>;
  /** Mends what is safe to mend after a failure; says what it did, undefined when there is nothing it can do. */
  readonly repair?: ((surroundings: Surroundings) => Promise<string | undefined>) | undefined;
}

export interface CheckResult extends Finding {
  readonly id: string;
  readonly stretch: Stretch;
  readonly title: string;
  readonly millis: number;
  /** What `--fix` did; the finding is that of after it. */
  readonly fixed: string | undefined;
  /** Where it is explained. */
  readonly link: string;
}

/** What was asked and what came back. */
export interface Evidence {
  readonly asked: string;
  readonly answered: string;
}

export function pass(evidence: Evidence, meaning: string): Finding {
  return { status: 'pass', ...evidence, meaning, fix: undefined };
}

export function warn(evidence: Evidence, meaning: string, fix: string | undefined): Finding {
  return { status: 'warn', ...evidence, meaning, fix };
}

export function fail(evidence: Evidence, meaning: string, fix: string | undefined): Finding {
  return { status: 'fail', ...evidence, meaning, fix };
}

/** Nothing was asked, for the reason that `meaning` gives. */
export function skip(meaning: string): Finding {
  return { status: 'skip', asked: '', answered: '', meaning, fix: undefined };
}

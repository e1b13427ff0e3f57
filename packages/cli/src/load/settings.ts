/** What a load test is asked to do, checked and complete. */
import type { Target } from '../wire/target.ts';
import type { Headers } from './stomp-load-connection.ts';

export interface LoadSettings {
  readonly target: Target;
  readonly connections: number;
  readonly durationMillis: number;
  readonly verify: boolean;
  /** Goes as `Authorization: Bearer`; undefined where there is none. */
  readonly token: string | undefined;
  /** Connections opened a second; Infinity: as fast as they open. */
  readonly connectsPerSecond: number;
  /** How many come from one address before another is used. */
  readonly connectionsAnAddress: number;
  /** Being opened at a time. */
  readonly atOnce: number;
  /** How long a server that has let a client in may take for the RECEIPT of its SUBSCRIBE. */
  readonly subscribingMillis: number;
  /** How long to wait at the end for what is still missing, after the last thing that came. */
  readonly drainMillis: number;
}

export interface StompSettings extends LoadSettings {
  /** Messages a second of all senders together; `max`: as fast as they are acknowledged. */
  readonly rate: number | 'max';
  /** Octets of a message's payload, the stamp included. */
  readonly size: number;
  readonly senders: number;
  /** With rate `max`: messages of one sender that wait for their acknowledgement. */
  readonly inFlight: number;
  readonly subscribeTo: string;
  readonly sendTo: string;
  /** A template: see {@link bodyOf}. */
  readonly body: string;
  readonly connectHeaders: Headers;
  /** Of the WebSocket handshake, such as a cookie. */
  readonly httpHeaders: Headers;
  readonly subscribeHeaders: Headers;
  readonly sendHeaders: Headers;
  /** Where the server tells what it refused; undefined where it has no such place. */
  readonly refusalsFrom: string | undefined;
  /** Whether the server answers SUBSCRIBE and SEND with RECEIPT. */
  readonly receipts: boolean;
  readonly heartBeatMillis: number;
  /** The header that asks for what was missed, and the name of the number in a body that it takes; undefined for none. */
  readonly resume: { readonly header: string; readonly field: string } | undefined;
}

export interface SseSettings extends LoadSettings {
  /** Where the stream is, its query included. */
  readonly path: string;
  readonly headers: Headers;
  /** Messages a second; 0 listens only. */
  readonly rate: number;
  readonly publish: {
    readonly path: string;
    readonly contentType: string;
    /** A template: see {@link bodyOf}. */
    readonly body: string;
    /** Several bodies go as one request, a line each. */
    readonly lines: boolean;
  };
  readonly size: number;
}

const FILLER = ' the quick brown fox jumps over the lazy dog';

/** The template with `{stamp}`, and `{payload}` (the stamp filled up to `size` octets), in it. */
export function bodyOf(template: string, stamp: string, size: number): string {
  return template.replaceAll('{payload}', stamp.padEnd(size, FILLER)).replaceAll('{stamp}', stamp);
}

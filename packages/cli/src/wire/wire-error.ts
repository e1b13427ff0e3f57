/** What can go wrong between two sockets, by name, so that nobody has to read it out of a text. */

export type WireFailure =
  | 'no-name'
  | 'refused'
  | 'unreachable'
  | 'silent'
  | 'closed'
  | 'reset'
  | 'certificate'
  | 'garbled';

export class WireError extends Error {
  readonly reason: WireFailure;
  /** The system's own word for it, such as ECONNREFUSED. */
  readonly code: string | undefined;

  constructor(reason: WireFailure, message: string, code?: string) {
    super(message);
    this.name = 'WireError';
    this.reason = reason;
    this.code = code;
  }
}

/** `5 s`, `0.4 s`: a limit in time as a message says it. */
export function seconds(millis: number): string {
  return `${Math.round(millis / 100) / 10} s`;
}

const REASONS: Readonly<Record<string, WireFailure>> = {
  ENOTFOUND: 'no-name',
  EAI_AGAIN: 'no-name',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'silent',
};

/** An error of Node's sockets as one of ours. */
export function wireErrorOf(error: unknown): WireError {
  if (error instanceof WireError) return error;
  // Several addresses were tried: the first failure says as much as the others.
  if (error instanceof AggregateError && error.errors.length > 0) return wireErrorOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const text = error instanceof Error ? error.message : String(error);
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return new WireError(known, text, code);
  const isCertificate = code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL/.test(code);
  return new WireError(isCertificate ? 'certificate' : 'reset', text, code);
}

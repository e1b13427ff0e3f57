/** Why a backend could not be looked at, by name: for programs that tell a person what to do. Never holds a secret or a URL. */

export type ProbeReason =
  /** Nothing listens there, or there is no such host. */
  | 'unreachable'
  | 'silent'
  /** It answers, and does not let this user in. */
  | 'denied'
  /** It answers something else than was expected, or the question failed. */
  | 'failed';

export class ProbeFailure extends Error {
  readonly reason: ProbeReason;
  /** The backend's or the system's own word for it. */
  readonly code: string;

  constructor(reason: ProbeReason, code: string, options?: ErrorOptions) {
    super(`${reason}: ${code}`, options);
    this.name = 'ProbeFailure';
    this.reason = reason;
    this.code = code;
  }
}

const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ECONNRESET|EPIPE)$/;

/** What the clients of all three backends have in common: a `code` of the system, or none. */
export function probeFailureOf(error: unknown, isDenied: (code: string) => boolean = () => false): ProbeFailure {
  if (error instanceof ProbeFailure) return error;
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const own = inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined;
  const code = own ?? (inner instanceof Error ? inner.name : 'unknown');
  if (isDenied(code)) return new ProbeFailure('denied', code, { cause: error });
  if (UNREACHABLE.test(code)) return new ProbeFailure('unreachable', code, { cause: error });
  if (code === 'ETIMEDOUT' || code === 'PROTOCOL_SEQUENCE_TIMEOUT')
    return new ProbeFailure('silent', code, { cause: error });
  return new ProbeFailure('failed', code, { cause: error });
}

/** What `work` gives, or a `silent` failure after `millis`; what it does later is nobody's concern. @throws ProbeFailure */
export async function withinMillis<Result>(millis: number, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ProbeFailure('silent', `no answer within ${millis / 1_000} s`)), millis);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

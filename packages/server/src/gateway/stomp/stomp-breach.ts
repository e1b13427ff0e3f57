/** What ends a connection: an error that the client is told of in one ERROR frame, before the close. */
import { type ErrorCode, RtdError, StompError, toRtdError } from '@rtd/protocol';

/** The client broke the rules of STOMP, or ours for it: ERROR, close, whatever the frame was. */
export class StompBreach extends RtdError {
  /** Headers of the ERROR frame besides those that each has. */
  readonly headers: readonly (readonly [string, string])[];

  constructor(message: string, options: { code?: ErrorCode; headers?: readonly (readonly [string, string])[] } = {}) {
    super(options.code ?? 'VALIDATION', message);
    this.name = 'StompBreach';
    this.headers = options.headers ?? [];
  }
}

/** The application refused a SEND, and the client was told of it: the frame has failed, the connection goes on. */
export class SendRefused extends Error {
  constructor(cause: RtdError) {
    super(cause.message, { cause });
    this.name = 'SendRefused';
  }
}

/** How a connection ends that ends with an ERROR frame. */
export interface Ending {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly headers: readonly (readonly [string, string])[];
  /** The status of the WebSocket's close frame (RFC 6455, section 7.4, and its registry). */
  readonly closeCode: number;
}

const CODEC_LIMITS: ReadonlySet<string> = new Set(['too-many-headers', 'header-too-long', 'frame-too-large']);

/** What the client is told of `thrown`; nothing of an internal error's text. */
export function endingOf(thrown: unknown): Ending {
  if (thrown instanceof StompError) {
    const code = CODEC_LIMITS.has(thrown.code) ? 'TOO_LARGE' : 'VALIDATION';
    return { code, message: thrown.message, retryable: false, headers: [], closeCode: CLOSE_CODES[code] };
  }
  const error = toRtdError(thrown);
  const headers = error instanceof StompBreach ? error.headers : [];
  const { code, message, retryable } = error;
  return { code, message, retryable, headers, closeCode: CLOSE_CODES[code] };
}

const PROTOCOL_ERROR = 1_002;
const POLICY_VIOLATION = 1_008;
const TOO_BIG = 1_009;
const INTERNAL_ERROR = 1_011;
const TRY_AGAIN_LATER = 1_013;

const CLOSE_CODES: Readonly<Record<ErrorCode, number>> = {
  VALIDATION: PROTOCOL_ERROR,
  TOO_LARGE: TOO_BIG,
  RATE_LIMITED: TRY_AGAIN_LATER,
  UNAUTHENTICATED: POLICY_VIOLATION,
  FORBIDDEN: POLICY_VIOLATION,
  NOT_FOUND: PROTOCOL_ERROR,
  CONFLICT: PROTOCOL_ERROR,
  STORE_UNAVAILABLE: TRY_AGAIN_LATER,
  UNAVAILABLE: TRY_AGAIN_LATER,
  INTERNAL: INTERNAL_ERROR,
  RESUME_TRUNCATED: PROTOCOL_ERROR,
};

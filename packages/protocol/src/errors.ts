/**
 * The one table of error codes (contract, section 7, and `RESUME_TRUNCATED` of section 9), and the error that carries one.
 * Nothing anywhere is matched on an error's text.
 */
import { z } from 'zod';
import { Seq, Timestamp } from './chat.ts';
import { ClientMessageId, ConversationId } from './ids.ts';

/** Code -> HTTP status, and whether the same request may succeed later. */
export const ERRORS = {
  VALIDATION: { status: 400, retryable: false },
  TOO_LARGE: { status: 413, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  UNAUTHENTICATED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  STORE_UNAVAILABLE: { status: 503, retryable: true },
  UNAVAILABLE: { status: 503, retryable: true },
  INTERNAL: { status: 500, retryable: false },
  RESUME_TRUNCATED: { status: 200, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/** A refusal that may be shown to a peer: its message is written for the person who reads it. */
export class RtdError extends Error {
  readonly code: ErrorCode;
  /** When a retry makes sense, in milliseconds, if that is known. */
  readonly retryAfterMillis: number | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterMillis?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RtdError';
    this.code = code;
    this.retryAfterMillis = options.retryAfterMillis;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** What a peer is told of any thrown thing: an RtdError as it is, everything else as INTERNAL without its text. */
export function toRtdError(thrown: unknown): RtdError {
  if (thrown instanceof RtdError) return thrown;
  return new RtdError('INTERNAL', 'The server failed on this request; its log has the reason.', { cause: thrown });
}

/** Parses `value`, or throws VALIDATION that names the first field that does not fit. */
export function parseOrRefuse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? what : `${what}.${issue.path.map(String).join('.')}`;
  throw new RtdError('VALIDATION', `${field}: ${issue?.message ?? 'does not fit'}`);
}

/**
 * Body of MESSAGE on `/user/queue/errors`. Of RESUME_TRUNCATED: in `conversationId` the messages from `firstSeq` on are
 * sent, older ones are in the history.
 */
export const ErrorNotice = z.object({
  code: z.string(),
  message: z.string(),
  destination: z.string().optional(),
  clientMessageId: ClientMessageId.optional(),
  retryable: z.boolean(),
  retryAfterMillis: z.int().optional(),
  conversationId: ConversationId.optional(),
  firstSeq: Seq.optional(),
  timestamp: Timestamp,
});
export type ErrorNotice = z.infer<typeof ErrorNotice>;

/** Body of every HTTP error. */
export const HttpErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string() }),
});
export type HttpErrorBody = z.infer<typeof HttpErrorBody>;

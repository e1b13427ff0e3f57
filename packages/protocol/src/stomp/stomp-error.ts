/** What is wrong with the bytes or the headers of a peer, as a value; the text is for the developer at the other end. */

export type StompErrorCode =
  /** The first line of a frame is empty or holds a NUL: usually a wrong content-length in the frame before. */
  | 'malformed-command'
  /** A header line without a colon, with an empty name, or with an octet that the version does not allow raw. */
  | 'malformed-header'
  /** A backslash sequence that the version does not define. */
  | 'bad-escape'
  | 'too-many-headers'
  | 'header-too-long'
  | 'frame-too-large'
  | 'bad-content-length'
  /** A body on a frame that has none. */
  | 'body-not-allowed'
  /** The octet after a counted body is not NUL. */
  | 'missing-nul'
  | 'invalid-utf8'
  | 'bad-heart-beat';

/** A breach of the STOMP specification or of a limit. A session answers with ERROR and closes (stomp-rules 37 and 38). */
export class StompError extends Error {
  readonly code: StompErrorCode;
  /** The `receipt` header of the frame that failed, where it was read before the failure: ERROR repeats it. */
  readonly receiptId: string | undefined;

  constructor(code: StompErrorCode, message: string, receiptId?: string) {
    super(message);
    this.name = 'StompError';
    this.code = code;
    this.receiptId = receiptId;
  }
}

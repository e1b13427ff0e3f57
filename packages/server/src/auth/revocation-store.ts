/**
 * The port to where revocations are kept. It is the truth: a server that is told by nobody else finds them there in time,
 * and it still knows after a restart.
 */
import type { UserId } from '@rtd/protocol';

/** The tokens of the user that were issued up to that moment count no more. */
export interface Revocation {
  readonly userId: UserId;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A moment in the store's own order; opaque. */
export type RevocationMark = string;

export interface RevocationStore {
  /** True where other servers keep theirs in it too: then it is asked again and again. */
  readonly shared: boolean;
  /** Durable when it resolves. Of two of one user the later one stays. @throws RtdError STORE_UNAVAILABLE: nothing was kept */
  keep(revocation: Revocation): Promise<void>;
  /**
   * What was kept since the mark was made (more is allowed), the oldest first, and a new mark. Without a mark: the newest
   * `limit`. @throws RtdError STORE_UNAVAILABLE
   */
  since(
    mark: RevocationMark | undefined,
    limit: number,
  ): Promise<{ readonly mark: RevocationMark; readonly revocations: readonly Revocation[] }>;
  close(): Promise<void>;
}

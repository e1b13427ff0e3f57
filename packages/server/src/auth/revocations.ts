/** The port between servers that says whose access has ended. */
import type { UserId } from '@rtd/protocol';

export interface Revocations {
  /** Tells every other server, within 2 s. @throws RtdError UNAVAILABLE when they cannot be told. */
  announce(userId: UserId): Promise<void>;
  /** Calls `ended` for each user whose access another server has ended, until the returned function is called. It must not throw. */
  listen(ended: (userId: UserId) => void): Promise<() => void>;
}

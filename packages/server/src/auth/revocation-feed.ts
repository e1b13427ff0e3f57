/** The port between servers that tells of a revocation at once. What is told can get lost: the store makes up for it. */
import type { Revocation } from './revocation-store.ts';

export interface RevocationFeed {
  /** Resolves when it was handed to all servers that can be reached. @throws RtdError UNAVAILABLE when none could be */
  announce(revocation: Revocation): Promise<void>;
  /** Calls `heard` for each revocation of another server (or one's own), until the returned function is called. It must not throw. */
  listen(heard: (revocation: Revocation) => void): Promise<() => void>;
}

/**
 * The port to what all servers know of who is where.
 *
 * Each server says what it sees of a user; the directory joins it: a user has the best status that any living server gives
 * (ONLINE before AWAY before OFFLINE), and looks at a thing while any living server says so.
 *
 * What every adapter promises (`test/presence/presence-directory.contract.ts`):
 * - `put`, `lookAt`, `lookAway` hold here at once, and elsewhere as soon as the backend can be reached. They never throw and
 *   keep no queue: while the backend is away the newest state of each user stays, and goes out when it is back.
 * - Watchers are told of every change of the joined state, whichever server made it, of each once; never of a `put` that
 *   changed nothing. Two changes in quick succession may be told as the last one.
 * - Leases: what a server said ends at most 15 s after it died or closed, not before its lease is over, so that a client that
 *   connects elsewhere meanwhile is never seen leaving.
 * - Users who are OFFLINE are remembered for at least 5 min, within a bound on how many.
 */
import type { PresenceStatus, UserId } from '@rtd/protocol';

export interface PresenceRecord {
  readonly userId: UserId;
  readonly userName: string;
  readonly status: PresenceStatus;
  /** Epoch milliseconds. While ONLINE or AWAY: of the last change. */
  readonly lastSeen: number;
}

/** Something that can be looked at: a symbol, a conversation, a page. */
export interface Resource {
  readonly type: string;
  readonly id: string;
}

export interface Watch {
  /** The watcher is not called after this. Repeating it is harmless. */
  close(): void;
}

export interface PresenceDirectory {
  /** What this server sees of a user now, in place of what it said before. OFFLINE: none of its sessions is here any more. */
  put(record: PresenceRecord): void;
  /** Everybody who is known, joined over all servers; what this server knows when the backend is away. */
  list(): Promise<readonly PresenceRecord[]>;
  /** Calls `changed` on every change of a user's joined name or status. It must not throw. */
  watch(changed: (record: PresenceRecord) => void): Watch;

  /** Holds for 120 s, then ends by itself; repeating it starts the time anew. */
  lookAt(resource: Resource, userId: UserId): void;
  lookAway(resource: Resource, userId: UserId): void;
  /** Calls `changed` soon with who looks now, in order of id, and on each change. It must not throw. */
  watchResource(resource: Resource, changed: (users: readonly UserId[]) => void): Watch;

  /** For `/readyz`. @throws RtdError UNAVAILABLE, saying why. */
  check(): Promise<void>;
  /** Ends every watch. What this server said ends with its lease. */
  close(): Promise<void>;
}

/** How long a look lasts. */
export const LOOK_MILLIS = 120_000;
/** The longest that a dead server's users stay. */
export const MAX_LEASE_MILLIS = 15_000;

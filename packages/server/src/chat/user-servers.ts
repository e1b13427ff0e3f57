/** The port that says on which servers users have live connections, so that a letter goes only there. */
import type { ServerId, UserId } from '@rtd/protocol';

export interface UserServers {
  /**
   * The servers where at least one of `users` is connected, as far as is known; may be stale by seconds. Rejects when the
   * backend is away: then nobody is told, and the sweep of the other servers finds what is new.
   */
  serversOf(users: readonly UserId[]): Promise<ReadonlySet<ServerId>>;
}

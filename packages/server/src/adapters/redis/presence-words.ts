/**
 * What servers tell each other of presence, and what each keeps in Redis for those that come later.
 *
 * Every server keeps two hashes that end 15 s after it: `rtd:presence:{serverId}` (user id -> PresenceRecord) and
 * `rtd:looks:{serverId}` (`type/id/userId` -> until when). `version` in the first counts its changes, and so do the
 * words on the channel: who misses one reads the hashes again.
 */
import { PresenceStatus, ServerId, UserId, UserName } from '@rtd/protocol';
import { z } from 'zod';

export const CHANNEL = 'rtd-presence';
/** The field of a server's own counter; no user id is empty. */
export const VERSION_FIELD = '';

export const PresenceRecordWords = z.object({
  userId: UserId,
  userName: UserName,
  status: PresenceStatus,
  lastSeen: z.int(),
});

const Look = z.object({ type: z.string(), id: z.string(), userId: UserId });
export type Look = z.infer<typeof Look>;

export const PresenceWords = z.discriminatedUnion('kind', [
  /** Once a second: I am here, and have changed that often. */
  z.object({ kind: z.literal('beat'), from: ServerId, version: z.int() }),
  z.object({ kind: z.literal('user'), from: ServerId, version: z.int(), record: PresenceRecordWords }),
  z.object({ kind: z.literal('look'), from: ServerId, version: z.int(), look: Look, looks: z.boolean() }),
]);
export type PresenceWords = z.infer<typeof PresenceWords>;

export const presenceKey = (serverId: ServerId): string => `rtd:presence:${serverId}`;
export const looksKey = (serverId: ServerId): string => `rtd:looks:${serverId}`;
/** All servers that were here lately. */
export const SERVERS_KEY = 'rtd:servers';

/** Neither half of a resource, nor a user id, can have a slash. */
export const lookKey = ({ type, id, userId }: Look): string => `${type}/${id}/${userId}`;

export function parseLookKey(key: string): Look | undefined {
  const [type, id, userId, ...rest] = key.split('/');
  const look = Look.safeParse({ type, id, userId });
  return look.success && rest.length === 0 ? look.data : undefined;
}

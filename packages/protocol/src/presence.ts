/** Presence payloads (contract, sections 2 and 3). */
import { z } from 'zod';
import { Timestamp } from './chat.ts';
import { ResourceName, ServerId, UserId, UserName } from './ids.ts';

export const PresenceStatus = z.enum(['ONLINE', 'AWAY', 'OFFLINE']);
export type PresenceStatus = z.infer<typeof PresenceStatus>;

export const Presence = z.object({
  userId: UserId,
  userName: UserName,
  status: PresenceStatus,
  lastSeen: Timestamp,
  timestamp: Timestamp,
});
export type Presence = z.infer<typeof Presence>;

/** Body of SEND `/app/user.connect`. */
export const UserConnectSend = z.object({ userId: UserId.optional() });
export type UserConnectSend = z.infer<typeof UserConnectSend>;

/** Body of SEND `/app/user.presence`. */
export const PresenceSend = z.object({
  status: PresenceStatus,
  lastSeen: z.iso.datetime({ offset: true }).optional(),
});
export type PresenceSend = z.infer<typeof PresenceSend>;

/** Body of SEND `/app/presence/heartbeat` and `/app/presence/update`: "I am looking at this". */
export const ResourceSend = z.object({
  resourceType: ResourceName,
  resourceId: ResourceName,
});
export type ResourceSend = z.infer<typeof ResourceSend>;

/** MESSAGE on `/topic/presence/{resourceType}/{resourceId}`. */
export const ResourcePresence = z.object({
  resourceType: z.string(),
  resourceId: z.string(),
  users: z.array(UserId),
});
export type ResourcePresence = z.infer<typeof ResourcePresence>;

/** Answer of `GET /api/websocket/health`. */
export const Health = z.object({
  status: z.literal('UP'),
  activeConnections: z.int(),
  onlineUsers: z.int(),
  sseConnections: z.int(),
  serverId: ServerId,
  timestamp: Timestamp,
});
export type Health = z.infer<typeof Health>;

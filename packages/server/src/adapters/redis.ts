/** What Redis brings. Loaded only where there is a URL for it. */
export { RedisLink } from './redis/redis-link.ts';
export { createRedisBus } from './redis/redis-message-bus.ts';
export { openRedisPresenceDirectory } from './redis/redis-presence-directory.ts';
export { createRedisRevocationFeed } from './redis/redis-revocation-feed.ts';
export { createRedisMailbox } from './redis/redis-server-mailbox.ts';

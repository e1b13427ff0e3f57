/** The laws of delivery on two servers with a database and a Redis between them, and hints that cannot be relied upon on top. */
import { randomUUID } from 'node:crypto';
import { UserId } from '@rtd/protocol';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { afterAll, describe, inject, test } from 'vitest';
import { openMysqlMessageStore } from '../../src/adapters/mysql/mysql-message-store.ts';
import { RedisLink } from '../../src/adapters/redis/redis-link.ts';
import { createRedisBus } from '../../src/adapters/redis/redis-message-bus.ts';
import { openRedisPresenceDirectory } from '../../src/adapters/redis/redis-presence-directory.ts';
import { createRedisMailbox } from '../../src/adapters/redis/redis-server-mailbox.ts';
import type { ChatRoom } from '../../src/chat/chat-room.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createCleanup, createFakeClock, openRoom, serverId } from '../chat/chat-fixture.ts';
import { checkLaws, createHazard, hazardousBus, hazardousMailbox } from '../chat/interleavings.ts';
import { startOwnRedis } from './own-redis.ts';

const mysqlUrl = inject('mysqlUrl');
const hasRedis = inject('redisUrl') !== undefined;
const cleanup = createCleanup();
afterAll(() => cleanup.run());

describe.skipIf(mysqlUrl === undefined || !hasRedis)('with a database and a Redis', () => {
  test('any interleaving of sends, reconnects, cursors and hints: the same sequence for all, each message once', async () => {
    const url = new URL(mysqlUrl ?? '');
    const name = `rtd_${randomUUID().replaceAll('-', '')}`;
    url.pathname = `/${name}`;
    cleanup.add(async () => {
      const admin = await createConnection({ uri: mysqlUrl ?? '' });
      await admin.query('DROP DATABASE IF EXISTS ??', [name]);
      await admin.end();
    });
    const redis = await startOwnRedis();
    cleanup.add(() => redis.stop());
    const clock = createFakeClock();
    const hazard = createHazard();
    const log = silentLog();

    async function openServer(id: string) {
      const store = await openMysqlMessageStore({ url: url.href, clock: systemClock, log });
      cleanup.add(() => store.close());
      const link = new RedisLink({ url: redis.url, name: `${name}-${id}`, clock: systemClock, log });
      cleanup.add(() => link.close());
      const own = serverId(`${id}-${randomUUID()}`);
      const directory = await openRedisPresenceDirectory({ link, serverId: own, clock: systemClock, log });
      cleanup.add(() => directory.close());
      for (const user of ['ann', 'bob', 'cat']) {
        directory.put({ userId: UserId.parse(user), userName: user, status: 'ONLINE', lastSeen: Date.now() });
      }
      const bus = hazardousBus(createRedisBus(link, log), hazard);
      const mailbox = hazardousMailbox(createRedisMailbox(link, log), hazard);
      cleanup.add(() => bus.close());
      cleanup.add(() => mailbox.close());
      const openAgain = () => openRoom(cleanup, { store, bus, mailbox, directory, clock, log, serverId: own });
      return { openAgain, ...(await openAgain()) };
    }

    const servers = [await openServer('one'), await openServer('two')] as const;
    const rooms: [ChatRoom, ChatRoom] = [servers[0].room, servers[1].room];
    async function restart(index: number): Promise<void> {
      const at = index === 0 ? 0 : 1;
      await servers[at].room.close();
      servers[at].room = rooms[at] = (await servers[at].openAgain()).room;
    }
    const admin = new Redis(redis.url);
    cleanup.add(() => admin.disconnect());
    async function cut(): Promise<void> {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    }
    await checkLaws({ rooms, restart, cut, clock, hazard, store: servers[0].store }, 25);
  }, 180_000);
});

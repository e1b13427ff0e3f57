/** The Redis adapters against a real Redis: bus, mailbox and presence, with the faults that only Redis has. */
import { randomUUID } from 'node:crypto';
import { GLOBAL_CONVERSATION, MessageId, ServerId, UserId } from '@rtd/protocol';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { RedisLink } from '../../src/adapters/redis/redis-link.ts';
import { createRedisBus } from '../../src/adapters/redis/redis-message-bus.ts';
import { openRedisPresenceDirectory } from '../../src/adapters/redis/redis-presence-directory.ts';
import { createRedisMailbox } from '../../src/adapters/redis/redis-server-mailbox.ts';
import type { BusHint, Letter } from '../../src/chat/hints.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createCleanup } from '../chat/chat-fixture.ts';
import { ManualClock } from '../manual-clock.ts';
import { describePresenceDirectory } from '../presence/presence-directory.contract.ts';
import { type OwnRedis, startOwnRedis } from './own-redis.ts';

const hasRedis = inject('redisUrl') !== undefined;
const WITHIN = { timeout: 10_000, interval: 10 };
const cleanup = createCleanup();
const one = ServerId.parse('one');
const two = ServerId.parse('two');

describe.skipIf(!hasRedis)('with a Redis', () => {
  let redis: OwnRedis;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startOwnRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });
  beforeEach(() => admin.flushall());
  afterEach(() => cleanup.run());

  async function openLink(clock: Clock = systemClock): Promise<RedisLink> {
    const link = new RedisLink({ url: redis.url, name: randomUUID(), clock, log: silentLog() });
    cleanup.add(() => link.close());
    await vi.waitFor(() => link.check(), WITHIN);
    return link;
  }

  const hint = (seq: number): BusHint => ({
    kind: 'message',
    from: one,
    roster: 0,
    message: {
      id: MessageId.parse(randomUUID()),
      conversationId: GLOBAL_CONVERSATION,
      seq,
      senderId: UserId.parse('ann'),
      senderName: 'ann',
      type: 'TEXT',
      content: 'hello \u{1f44b}',
      timestamp: '2026-01-31T09:00:00.123Z',
    },
  });
  const typing: BusHint = {
    kind: 'typing',
    from: one,
    typing: {
      conversationId: GLOBAL_CONVERSATION,
      userId: UserId.parse('ann'),
      userName: 'ann',
      isTyping: true,
      timestamp: '2026-01-31T09:00:00.123Z',
    },
  };

  describe('the bus', () => {
    it('takes hints to every subscriber on every server, as they were, until it ends', async () => {
      const here = createRedisBus(await openLink(), silentLog());
      const there = createRedisBus(await openLink(), silentLog());
      const seen: BusHint[] = [];
      const end = await there.subscribe({ hint: (each) => seen.push(each), recovered: () => {} });
      const sent = [hint(1), typing, hint(2)];
      for (const each of sent) here.publish(each);
      await vi.waitFor(() => expect(seen).toHaveLength(3), WITHIN);
      expect(seen).toEqual(expect.arrayContaining(sent));
      end();
      await vi.waitFor(
        async () => expect(await admin.pubsub('NUMSUB', 'global-chat-channel')).toEqual(['global-chat-channel', 0]),
        WITHIN,
      );
    });

    it('uses the channels of the contract, and leaves out what is not its own', async () => {
      const bus = createRedisBus(await openLink(), silentLog());
      const seen: BusHint[] = [];
      await bus.subscribe({ hint: (each) => seen.push(each), recovered: () => {} });
      for (const text of ['', 'null', '{"kind":"message"}', '[', JSON.stringify({ ...hint(1), from: 'a/b' })]) {
        await admin.publish('global-chat-channel', text);
      }
      const mine = hint(7);
      await admin.publish('global-chat-channel', JSON.stringify(mine));
      await admin.publish('typing-channel', JSON.stringify(typing));
      await vi.waitFor(() => expect(seen).toHaveLength(2), WITHIN);
      expect(seen).toEqual(expect.arrayContaining([mine, typing]));
    });

    it('says so when it was subscribed to before the connection was there', async () => {
      const link = new RedisLink({ url: redis.url, name: randomUUID(), clock: systemClock, log: silentLog() });
      cleanup.add(() => link.close());
      let recovered = 0;
      await createRedisBus(link, silentLog()).subscribe({ hint: () => {}, recovered: () => recovered++ });
      // Resolved at once: what others published until now is not known here.
      await vi.waitFor(() => expect(recovered).toBe(1), WITHIN);
    });

    it('says so when hints were missed, whichever connection was cut', async () => {
      const bus = createRedisBus(await openLink(), silentLog());
      const seen: BusHint[] = [];
      let recovered = 0;
      await bus.subscribe({ hint: (each) => seen.push(each), recovered: () => recovered++ });
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await vi.waitFor(() => expect(recovered).toBe(1), WITHIN);
      bus.publish(hint(1));
      await vi.waitFor(() => expect(seen).toHaveLength(1), WITHIN);
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await vi.waitFor(async () => {
        await bus.check();
        bus.publish(hint(2));
        await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1), { timeout: 200 });
      }, WITHIN);
    });
  });

  it('a mailbox gets its own letters and no others', async () => {
    const here = createRedisMailbox(await openLink(), silentLog());
    const there = createRedisMailbox(await openLink(), silentLog());
    const seen: Letter[] = [];
    const end = await there.open(two, { letter: (each) => seen.push(each), recovered: () => {} });
    const letter = hint(1);
    if (letter.kind !== 'message') throw new Error('not the letter that was meant');
    here.post(one, letter);
    here.post(two, letter);
    await vi.waitFor(() => expect(seen).toEqual([letter]), WITHIN);
    end();
    here.post(two, letter);
    await here.check();
    expect(seen).toHaveLength(1);
  });

  describePresenceDirectory('Redis', async () => {
    const clock = new ManualClock();
    const links: RedisLink[] = [];
    const own = createCleanup();
    await admin.flushall();
    return {
      async join(serverId) {
        const link = new RedisLink({ url: redis.url, name: randomUUID(), clock, log: silentLog() });
        links.push(link);
        await vi.waitFor(() => link.check(), WITHIN);
        return openRedisPresenceDirectory({ link, serverId, clock, log: silentLog() });
      },
      now: () => clock.now(),
      async pass(millis) {
        for (let passed = 0; passed < millis; passed += 500) {
          clock.pass(Math.min(500, millis - passed));
          // What was said in that time has arrived once something that was said later has.
          for (const link of links) await link.check();
        }
      },
      async close() {
        for (const link of links) await link.close();
        await own.run();
      },
    };
  });

  describe('presence', () => {
    const ann = UserId.parse('ann');
    const online = { userId: ann, userName: 'Ann', status: 'ONLINE', lastSeen: Date.now() } as const;
    const open = async (serverId: ServerId) => {
      const directory = await openRedisPresenceDirectory({
        link: await openLink(),
        serverId,
        clock: systemClock,
        log: silentLog(),
      });
      cleanup.add(() => directory.close());
      return directory;
    };

    it('is known to a server that starts later, with where everybody is', async () => {
      const first = await open(one);
      first.put(online);
      first.lookAt({ type: 'symbol', id: 'BTC' }, ann);
      await vi.waitFor(async () => expect(await admin.hlen('rtd:looks:one')).toBe(1), WITHIN);
      const second = await open(two);
      expect(await second.list()).toEqual([online]);
      expect([...(await second.serversOf([ann]))]).toEqual([one]);
      const looking: (readonly UserId[])[] = [];
      second.watchResource({ type: 'symbol', id: 'BTC' }, (users) => looking.push(users));
      expect(looking).toEqual([[ann]]);
    });

    it('heals what was said while the link was cut', async () => {
      const [first, second] = [await open(one), await open(two)];
      first.put(online);
      await vi.waitFor(async () => expect(await second.list()).toHaveLength(1), WITHIN);
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      first.put({ ...online, status: 'AWAY' });
      await vi.waitFor(async () => expect(await second.list()).toMatchObject([{ status: 'AWAY' }]), WITHIN);
    });

    it('shows others the names of the contract', async () => {
      const first = await open(one);
      first.put(online);
      first.lookAt({ type: 'symbol', id: 'BTC' }, ann);
      await vi.waitFor(async () => expect(await admin.smembers('online-users')).toEqual(['ann']), WITHIN);
      expect(JSON.parse((await admin.get('presence:user:ann')) ?? '')).toEqual(online);
      expect(JSON.parse((await admin.get('user-server:ann')) ?? '')).toEqual(['one']);
      expect(await admin.ttl('presence:user:ann')).toBeGreaterThan(290);
      await vi.waitFor(async () => expect(await admin.ttl('presence:symbol:BTC:ann')).toBeGreaterThan(110), WITHIN);
      first.put({ ...online, status: 'OFFLINE' });
      await vi.waitFor(async () => expect(await admin.smembers('online-users')).toEqual([]), WITHIN);
      expect(await admin.get('user-server:ann')).toBe(null);
    });
  });
});

describe('without a Redis', () => {
  afterEach(() => cleanup.run());

  it('nothing throws and nothing waits', async () => {
    const link = new RedisLink({ url: 'redis://127.0.0.1:9', name: 'x', clock: systemClock, log: silentLog() });
    cleanup.add(() => link.close());
    const bus = createRedisBus(link, silentLog());
    await bus.subscribe({ hint: () => {}, recovered: () => {} });
    await expect(bus.check()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const directory = await openRedisPresenceDirectory({ link, serverId: one, clock: systemClock, log: silentLog() });
    cleanup.add(() => directory.close());
    directory.put({ userId: UserId.parse('ann'), userName: 'Ann', status: 'ONLINE', lastSeen: 1 });
    expect(await directory.list()).toHaveLength(1);
  });
});

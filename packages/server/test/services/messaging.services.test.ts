/** Two whole servers on one database, with a Redis and with one that is away: what people see of each other. */
import { randomUUID } from 'node:crypto';
import { limitsWith } from '@rtd/protocol';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { RunningServer } from '../../src/index.ts';
import { bodyOf, contents, http, received, send } from '../messaging/people.ts';
import { eventually, startTestServer } from '../server/test-server.ts';
import { RawClient, raw } from '../stomp-rules/raw-client.ts';
import { newUser, subscribed } from '../stomp-rules/rule-server.ts';
import { type OwnRedis, startOwnRedis } from './own-redis.ts';

const mysqlUrl = inject('mysqlUrl');
const hasRedis = inject('redisUrl') !== undefined;
/** Nothing listens there. */
const NO_REDIS = 'redis://127.0.0.1:1';

describe.skipIf(mysqlUrl === undefined || !hasRedis).each([
  ['with a Redis', true],
  ['with a Redis that is away', false],
])('%s', (_, isUp) => {
  const database = `rtd_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(mysqlUrl ?? 'mysql://nowhere/');
  url.pathname = `/${database}`;
  let admin: Awaited<ReturnType<typeof createConnection>>;
  let redis: OwnRedis | undefined;
  beforeAll(async () => {
    redis = isUp ? await startOwnRedis() : undefined;
    admin = await createConnection({ uri: mysqlUrl ?? '' });
  });
  afterAll(async () => {
    await admin.query('DROP DATABASE IF EXISTS ??', [database]);
    await admin.end();
    await redis?.stop();
  });

  async function twoServers(): Promise<readonly [RunningServer, RunningServer]> {
    const config = {
      mysqlUrl: url.href,
      redisUrl: redis?.url ?? NO_REDIS,
      limits: limitsWith({ MESSAGES_PER_SECOND: 0 }),
    };
    return [await startTestServer(config), await startTestServer(config)];
  }

  async function connect(server: RunningServer, user: string, device = 'default'): Promise<RawClient> {
    const client = await RawClient.open(server.url);
    onTestFinished(() => client.cut());
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `login:${user}`, `device:${device}`));
    expect((await client.next()).command).toBe('CONNECTED');
    return client;
  }

  it('who is removed on one server gets nothing more on the other', async () => {
    const [one, two] = await twoServers();
    const [ann, bob, cat] = [newUser('ann'), newUser('bob'), newUser('cat')];
    const id = newUser('group');
    await http(one, ann, 'POST', '/api/conversations', { id, kind: 'group', members: [bob, cat] });
    const readers: RawClient[] = [];
    for (const user of [bob, cat]) {
      const client = await connect(two, user);
      await subscribed(client, '/user/queue/errors', 'id:errors');
      await subscribed(client, `/topic/conversation/${id}`, 'id:topic');
      await subscribed(client, '/user/queue/messages', 'id:queue');
      readers.push(client);
    }
    const [ofBob, ofCat] = readers;
    const say = (content: string) => http(one, ann, 'POST', '/api/chat/messages', { conversationId: id, content });
    await say('before');
    for (const client of readers) await received(client, 'topic', 1);
    expect((await http(one, ann, 'DELETE', `/api/conversations/${id}/members/${bob}`)).status).toBe(204);
    await say('after');
    expect(contents(await received(ofCat ?? expect.unreachable(), 'topic', 2))).toEqual(['before', 'after']);
    expect(contents(await received(ofCat ?? expect.unreachable(), 'queue', 2))).toEqual(['before', 'after']);
    const [notice] = await received(ofBob ?? expect.unreachable(), 'errors', 1);
    expect(bodyOf(notice ?? expect.unreachable())).toMatchObject({ code: 'FORBIDDEN' });
    await ofBob?.settled();
    expect(ofBob?.unread.filter(({ body }) => body.includes('after'))).toEqual([]);
    expect((await http(two, bob, 'GET', `/api/chat/history?conversationId=${id}`)).status).toBe(403);
  });

  it('what waited comes first, in order, on whatever server; acknowledged once it comes no more on any', async () => {
    const [one, two] = await twoServers();
    const [ann, bob] = [newUser('ann'), newUser('bob')];
    for (const content of ['one', 'two', 'three']) {
      await http(one, ann, 'POST', '/api/chat/messages', { recipientId: bob, content });
    }
    const open = async (server: RunningServer) => {
      const client = await connect(server, bob, 'phone');
      client.send(raw('SUBSCRIBE', 'id:q', 'destination:/user/queue/messages', 'ack:client', 'receipt:open'));
      await client.nextOf('RECEIPT');
      return client;
    };
    const first = await open(two);
    const waited = await received(first, 'q', 3);
    expect(contents(waited)).toEqual(['one', 'two', 'three']);
    // Its RECEIPT says that no server sends it again, from that moment on.
    first.send(raw('ACK', `id:${waited[1]?.headers.ack}`, 'receipt:acked'));
    await first.nextOf('RECEIPT');
    const { conversationId } = bodyOf(waited[0] ?? expect.unreachable());
    const page = await http(one, ann, 'GET', `/api/chat/history?conversationId=${conversationId}`);
    expect(page.json()).toMatchObject({
      messages: [{ status: 'DELIVERED' }, { status: 'DELIVERED' }, { status: 'SENT' }],
    });
    await first.leave();
    const second = await open(one);
    expect(contents(await received(second, 'q', 1))).toEqual(['three']);
    await http(two, ann, 'POST', '/api/chat/messages', { recipientId: bob, content: 'four' });
    expect(contents(await received(second, 'q', 2))).toEqual(['three', 'four']);
  });

  it('a device that goes from server to server is sent nothing twice that it was told to have acknowledged', async () => {
    const servers = await twoServers();
    const [ann, bob] = [newUser('ann'), newUser('bob')];
    for (let round = 0; round < 10; round += 1) {
      const here = servers[round % 2] ?? expect.unreachable();
      await http(here, ann, 'POST', '/api/chat/messages', { recipientId: bob, content: `${round}` });
      const client = await connect(here, bob);
      client.send(
        raw('SUBSCRIBE', 'id:q', 'destination:/user/queue/messages', 'ack:client-individual', 'receipt:open'),
      );
      await client.nextOf('RECEIPT');
      const [message] = await received(client, 'q', 1);
      expect(message?.body).toContain(`"content":"${round}"`);
      client.send(raw('ACK', `id:${message?.headers.ack}`));
      client.send(raw('DISCONNECT', 'receipt:bye'));
      await client.nextOf('RECEIPT');
      const { conversationId } = bodyOf(message ?? expect.unreachable());
      const page = await http(here, ann, 'GET', `/api/chat/history?conversationId=${conversationId}&limit=1`);
      expect(page.json()).toMatchObject({ messages: [{ content: `${round}`, status: 'DELIVERED' }] });
    }
  });

  it('two devices on two servers show the same, own messages too', async () => {
    const [one, two] = await twoServers();
    const [ann, bob] = [newUser('ann'), newUser('bob')];
    const devices = [await connect(one, ann, 'phone'), await connect(two, ann, 'laptop')];
    for (const client of devices) await subscribed(client, '/user/queue/messages', 'id:q');
    const [phone, laptop] = devices;
    const say = (client: RawClient | undefined, content: string) =>
      client?.send(send('/app/chat.send', { recipientId: bob, content }, 'receipt:r'));
    say(phone, 'from the phone');
    await phone?.nextOf('RECEIPT');
    say(laptop, 'from the laptop');
    await laptop?.nextOf('RECEIPT');
    await http(two, bob, 'POST', '/api/chat/messages', { recipientId: ann, content: 'an answer' });
    for (const client of devices) {
      expect(contents(await received(client, 'q', 3))).toEqual(['from the phone', 'from the laptop', 'an answer']);
    }
  });

  it.runIf(isUp)('confirmations and receipts reach every device of the sender, on both servers', async () => {
    const [one, two] = await twoServers();
    const [ann, bob] = [newUser('ann'), newUser('bob')];
    const devices = [await connect(one, ann, 'phone'), await connect(two, ann, 'laptop')];
    for (const client of devices) {
      await subscribed(client, '/user/queue/confirmations', 'id:c');
      await subscribed(client, '/user/queue/receipts', 'id:r');
    }
    const friend = await connect(two, bob);
    await subscribed(friend, '/user/queue/messages', 'id:q');
    // Servers that have just started know of each other's users within a second; bob has come last.
    await eventually(async () => (await http(one, ann, 'GET', '/api/presence')).text).toContain(bob);
    devices[0]?.send(send('/app/chat.send', { recipientId: bob, content: 'hi' }));
    const [message] = await received(friend, 'q', 1);
    friend.send(send('/app/chat.read', { id: bodyOf(message ?? expect.unreachable()).id }));
    for (const client of devices) {
      const confirmed = (await received(client, 'c', 2)).map((frame) => bodyOf(frame));
      expect(confirmed).toMatchObject([{ status: 'SENT' }, { status: 'DELIVERED', userId: bob }]);
      expect((await received(client, 'r', 1)).map((frame) => bodyOf(frame))).toMatchObject([{ readerId: bob }]);
    }
  });
});

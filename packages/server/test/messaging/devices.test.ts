/** Several devices of one user, and a user who was away. */
import { HistoryPage } from '@rtd/protocol';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type RawClient, raw } from '../stomp-rules/raw-client.ts';
import { direct, newUser, RuleServer, subscribed } from '../stomp-rules/rule-server.ts';
import { bodyOf, contents, http, received, send } from './people.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start({ limits: { MESSAGES_PER_SECOND: 0, MESSAGE_BURST: 0 } });
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

/** Connected, with all queues open. */
async function device(user: string, name: string): Promise<RawClient> {
  const client = await server.connect('1.2', user, `device:${name}`);
  for (const queue of ['messages', 'confirmations', 'receipts', 'errors']) {
    await subscribed(client, `/user/queue/${queue}`, `id:${queue}`);
  }
  return client;
}

it('each device of a user gets everything: messages, own ones too, confirmations and receipts', async () => {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  const devices = [await device(alice, 'phone'), await device(alice, 'laptop')];
  const friend = await device(bob, 'phone');
  const [phone, laptop] = devices;
  phone?.send(direct(bob, 'from the phone'));
  await received(friend, 'messages', 1);
  laptop?.send(direct(bob, 'from the laptop'));
  await received(friend, 'messages', 2);
  friend.send(direct(alice, 'an answer'));
  const answer = (await received(friend, 'messages', 3))[2];
  friend.send(
    send('/app/chat.read', { conversationId: bodyOf(answer ?? expect.unreachable()).conversationId, seq: 3 }),
  );
  for (const client of devices) {
    expect(contents(await received(client, 'messages', 3))).toEqual(['from the phone', 'from the laptop', 'an answer']);
    const statuses = (await received(client, 'confirmations', 4)).map((frame) => {
      const { seq, status, userId } = bodyOf(frame);
      return [seq, status, userId];
    });
    expect(statuses.sort()).toEqual(
      [
        [1, 'SENT', undefined],
        [1, 'DELIVERED', bob],
        [2, 'SENT', undefined],
        [2, 'DELIVERED', bob],
      ].sort(),
    );
    const read = (await received(client, 'receipts', 2)).map((frame) => bodyOf(frame));
    expect(read).toEqual([1, 2].map((seq) => expect.objectContaining({ seq, readerId: bob, status: 'READ' })));
  }
});

it('what came while a user was away comes first, in order, once per device that acks; the rest is counted as unread', async () => {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  const sender = await server.connect('1.2', alice);
  for (const content of ['one', 'two', 'three']) sender.send(direct(bob, content, 'receipt:r'));
  for (let n = 0; n < 3; n += 1) await sender.nextOf('RECEIPT');
  const unread = async () =>
    (JSON.parse((await http(server, bob, 'GET', '/api/conversations')).text) as { kind: string; unread: number }[])
      .filter(({ kind }) => kind === 'direct')
      .map((conversation) => conversation.unread);
  expect(await unread()).toEqual([3]);
  const open = async (name: string) => {
    const client = await server.connect('1.2', bob, `device:${name}`);
    client.send(raw('SUBSCRIBE', 'id:q', 'destination:/user/queue/messages', 'ack:client-individual', 'receipt:open'));
    await client.nextOf('RECEIPT');
    return client;
  };
  const phone = await open('phone');
  sender.send(direct(bob, 'four'));
  const got = await received(phone, 'q', 4);
  expect(contents(got)).toEqual(['one', 'two', 'three', 'four']);
  for (const frame of got.slice(0, 2)) phone.send(raw('ACK', `id:${frame.headers.ack}`, `receipt:ack`));
  for (let n = 0; n < 2; n += 1) await phone.nextOf('RECEIPT');
  await phone.leave();
  expect(contents(await received(await open('phone'), 'q', 2))).toEqual(['three', 'four']);
  const tablet = await open('tablet');
  // A new device starts at what the user's other devices have.
  expect(contents(await received(tablet, 'q', 2))).toEqual(['three', 'four']);
  expect(await unread()).toEqual([4]);
});

it('more than 1,000 waiting: the newest 1,000 come, the client is told from where, and pages the rest', async () => {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  const sender = await server.connect('1.2', alice);
  const total = 1_130;
  for (let n = 1; n <= total; n += 1) sender.send(direct(bob, `${n}`));
  sender.send(direct(bob, 'last', 'receipt:last'));
  await sender.nextOf('RECEIPT');
  const client = await server.connect('1.2', bob);
  await subscribed(client, '/user/queue/errors', 'id:errors');
  client.send(raw('SUBSCRIBE', 'id:q', 'destination:/user/queue/messages'));
  const frames = await received(client, 'q', 1_000);
  expect(frames.map((frame) => bodyOf(frame).seq)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 132));
  const [notice] = await received(client, 'errors', 1);
  const { code, conversationId, firstSeq } = bodyOf(notice ?? expect.unreachable());
  expect({ code, firstSeq }).toEqual({ code: 'RESUME_TRUNCATED', firstSeq: 132 });
  const older: number[] = [];
  for (let before = Number(firstSeq); before > 1; ) {
    const query = `conversationId=${conversationId}&before=${before}&limit=50`;
    const page = HistoryPage.parse((await http(server, bob, 'GET', `/api/chat/history?${query}`)).json());
    older.unshift(...page.messages.map(({ seq }) => seq));
    before = older[0] ?? 0;
    expect(page.hasMore).toBe(before > 1);
  }
  expect(older).toEqual(Array.from({ length: 131 }, (_, n) => n + 1));
});

it('a guest who comes back under its name keeps the name that it is shown by', async () => {
  const watcher = await subscribed(await server.connect('1.2'), '/topic/messages', 'id:m');
  const first = await server.open();
  first.send(raw('CONNECT', 'accept-version:1.2', 'host:x'));
  const guest = (await first.next()).headers['user-name'] ?? '';
  expect(guest).toMatch(/^guest-/);
  first.send(send('/app/chat', { content: 'here', sender: 'Zoe' }));
  await received(watcher, 'm', 1);
  await first.leave();
  const again = await server.open();
  again.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `X-User-Id:${guest}`));
  await again.next();
  again.send(send('/app/chat', { content: 'back', sender: 'Zoe' }));
  const said = (await received(watcher, 'm', 2)).map((frame) => bodyOf(frame));
  expect(said).toMatchObject([
    { senderId: guest, senderName: 'Zoe' },
    { senderId: guest, senderName: 'Zoe' },
  ]);
});

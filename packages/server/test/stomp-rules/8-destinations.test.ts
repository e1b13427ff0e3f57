/** Section 2 of the contract: what each destination does, on the wire. */
import { createHmac } from 'node:crypto';
import { Confirmation, ErrorNotice, Presence, ReadReceipt, ResourcePresence, Tick, Typing } from '@rtd/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { type RawClient, type RawFrame, raw } from './raw-client.ts';
import { chat, contentOf, direct, newUser, RuleServer, subscribed } from './rule-server.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

function send(destination: string, body: object | string, ...headers: string[]): string {
  return raw(
    'SEND',
    `destination:${destination}`,
    ...headers,
    '',
    typeof body === 'string' ? body : JSON.stringify(body),
  );
}

const bodyOf = (frame: RawFrame): unknown => JSON.parse(frame.body);

/** The next MESSAGE of the client whose body says so. */
async function messageWhere(client: RawClient, fits: (body: Record<string, unknown>) => boolean): Promise<RawFrame> {
  for (;;) {
    const frame = await client.nextOf('MESSAGE');
    if (fits(JSON.parse(frame.body))) return frame;
  }
}

describe('chat', () => {
  it('/app/chat goes to global, and to both names of it', async () => {
    const client = await server.connect('1.2', newUser('alice'));
    await subscribed(client, '/topic/messages', 'id:a');
    client.send(send('/app/chat', { content: '  hello  ', clientMessageId: 'c-1' }));
    const body = bodyOf(await client.nextOf('MESSAGE'));
    expect(body).toMatchObject({
      conversationId: 'global',
      content: 'hello',
      clientMessageId: 'c-1',
      status: 'SENT',
      type: 'TEXT',
    });
  });

  it('a guest may say its name, others may not', async () => {
    const watcher = await subscribed(await server.connect('1.2'), '/topic/messages');
    const guest = await server.open();
    guest.send(raw('CONNECT', 'accept-version:1.2', 'host:rtd'));
    expect((await guest.next()).headers['user-name']).toMatch(/^guest-/);
    guest.send(send('/app/chat', { content: 'named', sender: 'Zoë' }));
    const named = await server.connect('1.2', newUser('alice'));
    named.send(send('/app/chat', { content: 'masked', sender: 'no name at all', clientMessageId: null }));
    const first = await messageWhere(watcher, ({ content }) => content === 'named');
    const second = await messageWhere(watcher, ({ content }) => content === 'masked');
    expect(bodyOf(first)).toMatchObject({ senderName: 'Zoë' });
    expect(bodyOf(second)).toMatchObject({ senderName: expect.stringMatching(/^alice-/) });
  });

  it('/app/chat.send to a recipient: both have it in /user/queue/messages, and by the conversation', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const [sender, recipient] = [await server.connect('1.2', alice), await server.connect('1.2', bob)];
    for (const client of [sender, recipient]) await subscribed(client, '/user/queue/messages', 'id:in');
    sender.send(direct(bob, 'psst'));
    const message = await recipient.nextOf('MESSAGE');
    expect(bodyOf(message)).toMatchObject({ senderId: alice, recipientId: bob, content: 'psst', seq: 1 });
    expect(contentOf(await sender.nextOf('MESSAGE'))).toBe('psst');
    const { conversationId } = JSON.parse(message.body);
    await subscribed(recipient, `/topic/conversation/${conversationId}`, 'id:live');
    sender.send(send('/app/chat.send', { content: 'again', conversationId }));
    const both = [await recipient.nextOf('MESSAGE'), await recipient.nextOf('MESSAGE')];
    expect(both.map(({ headers }) => headers.subscription).sort()).toEqual(['in', 'live']);
    expect(both.map(contentOf)).toEqual(['again', 'again']);
  });

  it('confirmations: SENT to the sender, then DELIVERED by whom; receipts: READ by whom', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await server.connect('1.2', alice);
    await subscribed(sender, '/user/queue/confirmations', 'id:c');
    await subscribed(sender, '/user/queue/receipts', 'id:r');
    sender.send(send('/app/chat.send', { content: 'hi', recipientId: bob, clientMessageId: 'c-1' }));
    const sent = Confirmation.parse(bodyOf(await sender.nextOf('MESSAGE')));
    expect(sent).toMatchObject({ clientMessageId: 'c-1', status: 'SENT', seq: 1 });
    const recipient = await subscribed(await server.connect('1.2', bob), '/user/queue/messages');
    await recipient.nextOf('MESSAGE');
    const delivered = Confirmation.parse(bodyOf(await sender.nextOf('MESSAGE')));
    expect(delivered).toMatchObject({ id: sent.id, status: 'DELIVERED', userId: bob });
    recipient.send(send('/app/chat.read', { id: sent.id }));
    const read = await sender.nextOf('MESSAGE');
    expect(read.headers).toMatchObject({ subscription: 'r', destination: '/user/queue/receipts' });
    expect(ReadReceipt.parse(bodyOf(read))).toMatchObject({ id: sent.id, readerId: bob, status: 'READ' });
  });

  it('the same clientMessageId again stores nothing, and is answered as the first', async () => {
    const client = await server.connect('1.2', newUser('alice'));
    await subscribed(client, '/user/queue/confirmations', 'id:c');
    await subscribed(client, '/topic/messages', 'id:m');
    for (const receipt of ['one', 'two']) {
      client.send(send('/app/chat', { content: 'once', clientMessageId: 'same' }, `receipt:${receipt}`));
      await client.nextOf('RECEIPT');
    }
    await client.until(() => client.unread.length >= 3, 'two confirmations and a message');
    const [first, second] = client.unread
      .filter(({ headers }) => headers.subscription === 'c')
      .map((frame) => Confirmation.parse(bodyOf(frame)));
    expect(second).toMatchObject({ id: first?.id, seq: first?.seq });
    expect(client.unread.filter(({ headers }) => headers.subscription === 'm')).toHaveLength(1);
  });

  it('after-seq: first what was missed, then what comes, without a seam', async () => {
    const sender = await server.connect('1.2', newUser('alice'));
    await subscribed(sender, '/topic/messages');
    sender.send(chat('mark'));
    const { seq } = JSON.parse((await sender.nextOf('MESSAGE')).body);
    const client = await server.connect('1.2');
    for (let n = 0; n < 10; n += 1) sender.send(chat(`missed ${n}`));
    client.send(raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages', `after-seq:${seq}`));
    for (let n = 0; n < 10; n += 1) sender.send(chat(`live ${n}`));
    const seqs: number[] = [];
    while (seqs.length < 20) seqs.push(JSON.parse((await client.nextOf('MESSAGE')).body).seq);
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, n) => seq + 1 + n));
  });

  it.each(['-1', 'x', '1.5', ''])('after-seq:%s is no seq: ERROR, close', async (seq) => {
    const client = await server.connect('1.2');
    client.send(raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages', `after-seq:${seq}`));
    await client.errorThenClose();
  });

  it('who is removed from a conversation gets nothing more, and is told so', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const group = newUser('group');
    const post = { method: 'POST', headers: { 'x-user-id': alice, 'content-type': 'application/json' } };
    const made = await fetch(`${server.url}/api/conversations`, {
      ...post,
      body: JSON.stringify({ id: group, kind: 'group', members: [bob] }),
    });
    expect(made.status).toBe(201);
    const owner = await subscribed(await server.connect('1.2', alice), `/topic/conversation/${group}`, 'id:g');
    const member = await subscribed(await server.connect('1.2', bob), `/topic/conversation/${group}`, 'id:g');
    await subscribed(member, '/user/queue/errors', 'id:e');
    const removed = await fetch(`${server.url}/api/conversations/${group}/members/${bob}`, {
      ...post,
      method: 'DELETE',
      headers: { 'x-user-id': alice },
    });
    expect(removed.status).toBe(204);
    const notice = ErrorNotice.parse(bodyOf(await member.next()));
    expect(notice).toMatchObject({ code: 'FORBIDDEN', destination: `/topic/conversation/${group}` });
    owner.send(send('/app/chat.send', { content: 'among us', conversationId: group }));
    await owner.nextOf('MESSAGE');
    // Its subscription is still there to be ended.
    member.send(raw('UNSUBSCRIBE', 'id:g', 'receipt:off'));
    expect((await member.next()).headers['receipt-id']).toBe('off');
    expect(member.unread).toEqual([]);
  });
});

describe('typing', () => {
  it('/app/typing, true by default; and in a conversation, for its members only', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const typist = await server.connect('1.2', alice);
    const watcher = await subscribed(await server.connect('1.2'), '/topic/typing');
    typist.send(send('/app/typing', ''));
    const mark = await messageWhere(watcher, ({ userId }) => userId === alice);
    expect(Typing.parse(bodyOf(mark))).toMatchObject({ conversationId: 'global', isTyping: true });

    await subscribed(typist, '/user/queue/messages', 'id:in');
    typist.send(direct(bob, 'hi'));
    const { conversationId } = JSON.parse((await typist.nextOf('MESSAGE')).body);
    const friend = await subscribed(await server.connect('1.2', bob), `/topic/typing/${conversationId}`);
    const stranger = await subscribed(await server.connect('1.2'), `/topic/typing/${conversationId}`);
    typist.send(send(`/app/chat.typing/${conversationId}`, { isTyping: true }));
    expect(Typing.parse(bodyOf(await friend.nextOf('MESSAGE')))).toMatchObject({ conversationId, userId: alice });
    await stranger.settled();
    expect(stranger.unread).toEqual([]);
  });
});

describe('presence', () => {
  it('on change: who connects, what they set', async () => {
    const watcher = await subscribed(await server.connect('1.2'), '/topic/presence');
    const alice = newUser('alice');
    const client = await server.connect('1.2', alice);
    const of = async (status: string): Promise<unknown> =>
      bodyOf(await messageWhere(watcher, (body) => body.userId === alice && body.status === status));
    expect(Presence.parse(await of('ONLINE'))).toMatchObject({ userName: alice });
    client.send(send('/app/user.presence', { status: 'AWAY' }));
    Presence.parse(await of('AWAY'));
    client.send(send('/app/user.connect', { userId: alice }, 'receipt:r'));
    Presence.parse(await of('ONLINE'));
    expect((await client.nextOf('RECEIPT')).headers['receipt-id']).toBe('r');
  });

  it('another’s id is refused', async () => {
    const client = await subscribed(await server.connect('1.2'), '/user/queue/errors');
    client.send(send('/app/user.connect', { userId: newUser('other') }));
    expect(bodyOf(await client.nextOf('MESSAGE'))).toMatchObject({
      code: 'FORBIDDEN',
      destination: '/app/user.connect',
    });
  });

  it.each(['/app/presence/heartbeat', '/app/presence/update'])('%s: who looks at a resource', async (destination) => {
    const [alice, resourceId] = [newUser('alice'), newUser('BTC')];
    const watcher = await subscribed(await server.connect('1.2'), `/topic/presence/symbol/${resourceId}`);
    const client = await server.connect('1.2', alice);
    client.send(send(destination, { resourceType: 'symbol', resourceId }));
    const frame = await messageWhere(watcher, ({ users }) => Array.isArray(users) && users.includes(alice));
    expect(ResourcePresence.parse(bodyOf(frame))).toEqual({ resourceType: 'symbol', resourceId, users: [alice] });
  });
});

describe('market', () => {
  it('/topic/market has every tick, /topic/market/{symbol} those of the symbol', async () => {
    const all = await subscribed(await server.connect('1.2'), '/topic/market');
    const one = await subscribed(await server.connect('1.0'), '/topic/market/ETH', 'id:eth');
    const ticks = [
      { symbol: 'BTC', price: 1 },
      { symbol: 'ETH', price: 2 },
    ];
    const posted = await fetch(`${server.url}/api/market/ticks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ticks),
    });
    expect(posted.status).toBe(202);
    const seen = [await all.nextOf('MESSAGE'), await all.nextOf('MESSAGE')].map((frame) => Tick.parse(bodyOf(frame)));
    expect(seen.map(({ symbol }) => symbol).sort()).toEqual(['BTC', 'ETH']);
    const eth = await one.nextOf('MESSAGE');
    expect(eth.headers.destination).toBe('/topic/market/ETH');
    expect(Tick.parse(bodyOf(eth))).toMatchObject({ symbol: 'ETH', price: 2 });
    await one.settled();
    expect(one.unread).toEqual([]);
  });
});

describe('identity', () => {
  const secret = 'a secret of more than thirty-two octets, for tests';
  const clock = new ManualClock();
  let guarded: RuleServer;
  beforeAll(async () => {
    guarded = await RuleServer.start({ clock, config: { auth: { mode: 'jwt', secret, jwksUrl: undefined } } });
  });
  afterAll(() => guarded.stop());

  /** Signed here by hand, as RFC 7515 says: HS256 over `header.payload`. */
  function token(sub: string, lifeSeconds: number): string {
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub, exp: Math.floor(clock.now() / 1000) + lifeSeconds })}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  async function connected(sub: string, lifeSeconds: number): Promise<RawClient> {
    const client = await guarded.open();
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:rtd', `Authorization:Bearer ${token(sub, lifeSeconds)}`));
    expect((await client.next()).headers['user-name']).toBe(sub);
    return client;
  }

  it('the connection ends when the token does, though silent; a newer token of the same user moves that', async () => {
    const silent = await connected('alice', 60);
    const renewed = await connected('alice', 60);
    await subscribed(renewed, '/user/queue/errors');
    renewed.send(send('/app/auth.refresh', { token: token('bob', 600) }));
    expect(bodyOf(await renewed.next())).toMatchObject({ code: 'FORBIDDEN' });
    renewed.send(send('/app/auth.refresh', { token: 'nonsense' }));
    expect(bodyOf(await renewed.next())).toMatchObject({ code: 'UNAUTHENTICATED' });
    renewed.send(send('/app/auth.refresh', { token: token('alice', 600) }, 'receipt:r'));
    expect((await renewed.next()).headers['receipt-id']).toBe('r');
    clock.pass(59_000);
    expect(silent.isClosed).toBe(false);
    // And the leeway that clocks are given.
    clock.pass(32_000);
    expect((await silent.errorThenClose()).headers.code).toBe('UNAUTHENTICATED');
    await renewed.settled();
    clock.pass(600_000);
    await renewed.errorThenClose();
  });

  it('who is revoked is cut off, with a reason', async () => {
    const client = await connected('carol', 600);
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const payload = { sub: 'root', role: 'admin', exp: Math.floor(clock.now() / 1000) + 600 };
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
    const admin = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    const response = await fetch(`${guarded.url}/api/admin/revoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userId: 'carol' }),
    });
    expect(response.status).toBe(202);
    expect((await client.errorThenClose()).headers.message).toMatch(/revoked/);
    expect((await client.closed()).code).toBe(1008);
  });
});

it('drain: what was sent is answered, then 1012; who comes meanwhile is sent away with it too', async () => {
  const leaving = await RuleServer.start();
  const clients = await Promise.all(Array.from({ length: 5 }, () => leaving.connect('1.2')));
  for (const client of clients) client.send(chat('last words', 'receipt:r'));
  await Promise.all(clients.map((client) => client.nextOf('RECEIPT')));
  const drained = leaving.server.drain();
  for (const client of clients) {
    expect((await client.closed()).code).toBe(1012);
    expect(client.unread).toEqual([]);
  }
  await drained;
  await leaving.stop();
});

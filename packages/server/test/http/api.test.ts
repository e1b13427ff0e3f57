import { ConversationSummary, HistoryPage, limitsWith } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { type Answer, ask, eventually, sharedServer, startTestServer, talk } from '../server/test-server.ts';

const ann = { 'x-user-id': 'ann' };
const bob = { 'x-user-id': 'bob' };

function errorOf(answer: Answer): { status: number; code: unknown; message: unknown } {
  const body = answer.json();
  expect(body).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  const { error } = body as { error: { code: string; message: string } };
  expect(error.message).not.toContain('\n');
  return { status: answer.status, ...error };
}

describe('chat', () => {
  const server = sharedServer();
  const send = (body: object, headers = ann) =>
    ask(server(), '/api/chat/messages', { headers, body: JSON.stringify(body) });

  it('stores a message and shows it in the history', async () => {
    const answer = await send({ content: ' hello ', conversationId: 'global' });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({
      conversationId: 'global',
      senderId: 'ann',
      content: 'hello',
      type: 'TEXT',
      status: 'SENT',
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    const history = await ask(server(), '/api/chat/history');
    expect(HistoryPage.parse(history.json()).messages.at(-1)).toMatchObject({ content: 'hello', senderId: 'ann' });
  });

  it('answers a repeated clientMessageId with the first message', async () => {
    const first = await send({ content: 'once', clientMessageId: 'c-1' });
    const again = await send({ content: 'twice', clientMessageId: 'c-1' });
    expect(again.status).toBe(201);
    expect(again.json()).toEqual(first.json());
    const other = await send({ content: 'mine', clientMessageId: 'c-1' }, bob);
    expect(other.json()).toMatchObject({ content: 'mine', senderId: 'bob' });
  });

  it('pages with exclusive seqs', async () => {
    for (const content of ['1', '2', '3', '4', '5']) {
      await send({ content, recipientId: 'dora' }, { 'x-user-id': 'carl' });
    }
    const carl = { 'x-user-id': 'carl' };
    const [direct] = ConversationSummary.array()
      .parse((await ask(server(), '/api/conversations', { headers: carl })).json())
      .filter(({ kind }) => kind === 'direct');
    const page = async (query: string) => {
      const answer = await ask(server(), `/api/chat/history?conversationId=${direct?.id}&${query}`, { headers: carl });
      const { messages, hasMore } = HistoryPage.parse(answer.json());
      return `${messages.map((message) => message.content).join('')} ${hasMore}`;
    };
    expect(await page('limit=2')).toBe('45 true');
    expect(await page('before=4&limit=2')).toBe('23 true');
    expect(await page('before=2&limit=2')).toBe('1 false');
    expect(await page('after=1&limit=2')).toBe('23 true');
    expect(await page('after=3')).toBe('45 false');
    expect(await page('after=5')).toBe(' false');
    const stranger = await ask(server(), `/api/chat/history?conversationId=${direct?.id}`, { headers: ann });
    expect(errorOf(stranger)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('polls: at once, when something comes, and empty in time', async () => {
    const last = (await send({ content: 'before' })).json() as { seq: number };
    const atOnce = await ask(server(), `/api/chat/poll?conversationId=global&after=${last.seq - 1}&wait=25`);
    expect(HistoryPage.parse(atOnce.json()).messages.map((message) => message.content)).toEqual(['before']);
    const empty = await ask(server(), `/api/chat/poll?conversationId=global&after=${last.seq}&wait=0`);
    expect(empty.status).toBe(200);
    expect(empty.json()).toEqual({ messages: [], hasMore: false });
    const waiting = ask(server(), `/api/chat/poll?conversationId=global&after=${last.seq}&wait=25`);
    await send({ content: 'now' });
    expect(HistoryPage.parse((await waiting).json()).messages.map((message) => message.content)).toEqual(['now']);
  });

  it.each([
    ['', '{', 400, 'VALIDATION', /cut off/],
    ['', '', 400, 'VALIDATION', /empty/],
    ['', 'hello', 400, 'VALIDATION', /no JSON/],
    ['', '[]', 400, 'VALIDATION', /body/],
    ['', '{}', 400, 'VALIDATION', /content/],
    ['', '{"content":"  "}', 400, 'VALIDATION', /content/],
    ['', '{"content":5}', 400, 'VALIDATION', /content/],
    ['', JSON.stringify({ content: 'x'.repeat(4_001) }), 400, 'VALIDATION', /content.*4000/],
    ['', '{"content":"x","conversationId":"a/b"}', 400, 'VALIDATION', /conversationId/],
    ['', '{"content":"x","type":"IMAGE"}', 400, 'VALIDATION', /type/],
    ['', JSON.stringify({ content: 'x'.repeat(200_000) }), 413, 'TOO_LARGE', /too large/],
    ['?x=1', '{"content":"x"}', 400, 'VALIDATION', /query/],
  ])('POST /api/chat/messages%s with %.40s is %i %s', async (query, body, status, code, message) => {
    const before = HistoryPage.parse((await ask(server(), '/api/chat/history?limit=1')).json());
    const answer = await ask(server(), `/api/chat/messages${query}`, { method: 'POST', headers: ann, body });
    expect(errorOf(answer)).toEqual({ status, code, message: expect.stringMatching(message) });
    expect((await ask(server(), '/api/chat/history?limit=1')).json()).toEqual(before);
  });

  it('takes null for what is left out, as serializers of Java write it', async () => {
    const nothing = { conversationId: null, recipientId: null, type: null, clientMessageId: null };
    const answer = await send({ content: 'from Java', ...nothing });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ content: 'from Java', conversationId: 'global', type: 'TEXT' });
  });

  it('takes 4,000 characters, whatever their size in bytes', async () => {
    expect((await send({ content: '😀'.repeat(4_000) })).status).toBe(201);
  });

  it.each([
    '/api/chat/history?limit=0',
    '/api/chat/history?limit=501',
    '/api/chat/history?limit=1e2',
    '/api/chat/history?limit=',
    '/api/chat/history?limit=5&limit=6',
    '/api/chat/history?before=0',
    '/api/chat/history?before=-1',
    '/api/chat/history?after=x',
    '/api/chat/history?after=99999999999999999999',
    '/api/chat/history?conversationId=',
    '/api/chat/history?conversationId=a%2Fb',
    '/api/chat/history?colour=red',
    '/api/chat/poll?wait=56',
    '/api/chat/poll?wait=-1',
    '/api/chat/poll?limit=5',
    '/api/market/candles',
    '/api/market/candles?symbol=BTC&interval=2m',
    '/api/market/candles?symbol=BTC&limit=0',
    '/api/market/candles?symbol=a%20b',
    '/api/market/poll?after=nonsense',
    '/api/market/poll?after=1:5',
    '/api/market/snapshot?symbol=BTC',
    '/api/presence?x=1',
    '/api/conversations?x=1',
    '/api/websocket/health?x=1',
    '/healthz?x=1',
    '/openapi.json?x=1',
  ])('%s is 400', async (path) => {
    expect(errorOf(await ask(server(), path, { headers: ann }))).toMatchObject({ status: 400, code: 'VALIDATION' });
  });

  it('limits how fast one user sends, and says when to try again', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => send({ content: `${at}` }, { 'x-user-id': 'eve' })),
    );
    const refused = answers.filter((answer) => answer.status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(errorOf(answer)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(40);
  });
});

describe('conversations', () => {
  const server = sharedServer();
  const create = (body: object, headers = ann) =>
    ask(server(), '/api/conversations', { headers, body: JSON.stringify(body) });
  const member = (method: string, id: string, userId: string, headers = ann) =>
    ask(server(), `/api/conversations/${id}/members/${userId}`, { method, headers });
  const idsOf = async (headers: { 'x-user-id': string }) =>
    ConversationSummary.array()
      .parse((await ask(server(), '/api/conversations', { headers })).json())
      .map(({ id }) => id);

  it('makes a group, adds and removes', async () => {
    const made = await create({ id: 'team', kind: 'group', title: 'The team', members: ['carl'] });
    expect(made.status).toBe(201);
    expect(made.json()).toMatchObject({ id: 'team', kind: 'group', title: 'The team', lastSeq: 0, unread: 0 });
    expect((made.json() as { members: string[] }).members.sort()).toEqual(['ann', 'carl']);
    expect(await idsOf(bob)).not.toContain('team');
    const added = await member('PUT', 'team', 'bob');
    expect([added.status, added.text]).toEqual([204, '']);
    expect(await idsOf(bob)).toContain('team');
    expect((await member('DELETE', 'team', 'bob', bob)).status).toBe(204);
    expect(await idsOf(bob)).not.toContain('team');
  });

  it('refuses an id that is in use, and who may not', async () => {
    await create({ id: 'closed', kind: 'group' });
    expect(errorOf(await create({ id: 'closed', kind: 'group' }, bob))).toMatchObject({
      status: 409,
      code: 'CONFLICT',
    });
    expect(errorOf(await member('PUT', 'closed', 'bob', bob))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect([403, 404]).toContain((await member('PUT', 'nowhere', 'bob', bob)).status);
    expect(errorOf(await member('PUT', 'closed', 'a%20b'))).toMatchObject({ status: 400, code: 'VALIDATION' });
    expect(errorOf(await create({ kind: 'direct' }))).toMatchObject({ status: 400, code: 'VALIDATION' });
  });

  it('lets anybody into a public room, by themselves', async () => {
    await create({ id: 'lobby', kind: 'public' });
    expect((await member('PUT', 'lobby', 'bob', bob)).status).toBe(204);
    expect(await idsOf(bob)).toContain('lobby');
  });

  it('takes names of 64 characters in any script', async () => {
    const id = '语'.repeat(64);
    expect((await create({ id, kind: 'public' })).status).toBe(201);
    expect(
      (await member('PUT', encodeURIComponent(id), encodeURIComponent('𐐷'.repeat(32)), { 'x-user-id': 'bob' })).status,
    ).not.toBe(404);
  });
});

describe('market', () => {
  const server = sharedServer();
  const post = (body: string, type = 'application/json') =>
    ask(server(), '/api/market/ticks', { headers: { 'content-type': type }, body });

  it.each([
    ['AAA', 'application/json', '[{"symbol":"AAA","price":1},{"symbol":"AAA","price":2}]', 2],
    ['BBB', 'application/x-ndjson', '{"symbol":"BBB","price":1}\n{"symbol":"BBB","price":2}\n', 2],
    // What `curl -d` sends.
    ['CCC', 'application/x-www-form-urlencoded', '[{"symbol":"CCC","price":2}]', 1],
  ])('takes ticks of %s as %s', async (symbol, type, body, accepted) => {
    const answer = await post(body, type);
    expect([answer.status, answer.json()]).toEqual([202, { accepted }]);
    await eventually(async () => (await ask(server(), '/api/market/snapshot')).json()).toContainEqual(
      expect.objectContaining({ symbol, price: 2 }),
    );
  });

  it('takes all or nothing, and says where it does not fit', async () => {
    const cut = await post('[{"symbol":"DDD","price":1},{"symbol":"DDD","pr');
    expect(errorOf(cut)).toMatchObject({ status: 400, code: 'VALIDATION', message: expect.stringMatching(/cut off/) });
    const priceless = await post('{"symbol":"DDD","price":1}\n{"symbol":"DDD"}', 'application/x-ndjson');
    expect(errorOf(priceless)).toMatchObject({ status: 400, message: expect.stringMatching(/^line 2: price: /) });
    await post('[{"symbol":"EEE","price":1}]');
    await eventually(async () => (await ask(server(), '/api/market/snapshot')).text).toContain('EEE');
    expect((await ask(server(), '/api/market/snapshot')).text).not.toContain('DDD');
  });

  it('refuses a body over 8 MiB', async () => {
    const answer = await post(`[${'{"symbol":"FFF","price":1},'.repeat(330_000)}{"symbol":"FFF","price":1}]`);
    expect(errorOf(answer)).toMatchObject({ status: 413, code: 'TOO_LARGE' });
  });

  it('has candles', async () => {
    await post(
      '[{"symbol":"GGG","price":2,"volume":1},{"symbol":"GGG","price":4,"volume":2},{"symbol":"GGG","price":3,"volume":3}]',
    );
    await eventually(async () => (await ask(server(), '/api/market/candles?symbol=GGG&interval=1h')).json()).toEqual([
      { t: expect.any(Number), o: 2, h: 4, l: 2, c: 3, v: 6 },
    ]);
    expect((await ask(server(), '/api/market/candles?symbol=NONE')).json()).toEqual([]);
  });

  it('polls on from the id of the last answer', async () => {
    const start = (await ask(server(), '/api/market/poll?wait=0')).json() as { id: string };
    const waiting = ask(server(), `/api/market/poll?after=${start.id}&wait=25`);
    await post('[{"symbol":"HHH","price":7}]');
    const came = (await waiting).json() as { id: string; ticks: unknown[] };
    expect(came.ticks.at(-1)).toMatchObject({ symbol: 'HHH', price: 7 });
    expect((await ask(server(), `/api/market/poll?after=${came.id}&wait=0`)).json()).toMatchObject({ ticks: [] });
  });
});

describe('identity', () => {
  const server = sharedServer();

  it('in open mode is X-User-Id, else a guest; Authorization proves nothing', async () => {
    const sender = async (headers: Record<string, string>) =>
      (await ask(server(), '/api/chat/messages', { headers, body: '{"content":"who am I"}' })).json();
    expect(await sender(ann)).toMatchObject({ senderId: 'ann' });
    expect(await sender({})).toMatchObject({ senderId: expect.stringMatching(/^guest-/) });
    expect(await sender({ authorization: 'Bearer x' })).toMatchObject({ senderId: expect.stringMatching(/^guest-/) });
  });

  it('that is no name is refused', async () => {
    const answer = await ask(server(), '/api/conversations', { headers: { 'x-user-id': 'a b' } });
    expect(errorOf(answer)).toMatchObject({
      status: 400,
      code: 'VALIDATION',
      message: expect.stringMatching(/X-User-Id/),
    });
  });

  it('of an open server is nobody administrator', async () => {
    const answer = await ask(server(), '/api/admin/revoke', { headers: ann, body: '{"userId":"bob"}' });
    expect(errorOf(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });
});

describe('what is not there', () => {
  const server = sharedServer();

  it.each([
    '/',
    '/api',
    '/api/chat',
    '/favicon.ico',
    '/api/chat/history/',
    '/API/chat/history',
    '/%00',
    '/..%2f..%2fetc%2fpasswd',
  ])('GET %s is 404', async (path) => {
    expect(errorOf(await ask(server(), path))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it.each([
    ['POST', '/api/chat/history', 'GET'],
    ['DELETE', '/api/chat/messages', 'POST'],
    ['PUT', '/stream', 'GET'],
    ['GET', '/api/conversations/x/members/y', 'PUT, DELETE'],
    ['PATCH', '/healthz', 'GET'],
  ])('%s %s is 405 and says what is possible', async (method, path, allow) => {
    const answer = await ask(server(), path, { method });
    expect(errorOf(answer)).toMatchObject({ status: 405 });
    expect(answer.headers.allow).toBe(allow);
  });

  it.each(['/%', '/api/conversations/%E0%A4%A/members/x'])(
    'a path that cannot be decoded, %s, is 400',
    async (path) => {
      expect(errorOf(await ask(server(), path, { method: 'PUT' }))).toMatchObject({ status: 400 });
    },
  );

  it('bytes that are no HTTP get 400, headers without end 431', async () => {
    expect(await talk(server(), 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"VALIDATION"/s);
    const endless = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await talk(server(), endless)).toMatch(/^HTTP\/1\.1 431 .*"TOO_LARGE"/s);
  });
});

it('a request whose headers do not come within CONNECT_SECONDS is 408, soon after', async () => {
  const server = await startTestServer({ limits: limitsWith({ CONNECT_SECONDS: 1 }) });
  const begun = performance.now();
  expect(await talk(server, 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')).toMatch(
    /^HTTP\/1\.1 408 .*"VALIDATION"/s,
  );
  expect(performance.now() - begun).toBeLessThan(10_000);
});

it('a limit that was lifted is none', async () => {
  const limits = limitsWith({ FRAME_BYTES: 0, CONNECT_SECONDS: 0, SEND_BUFFER_BYTES: 0 });
  const server = await startTestServer({ limits });
  const answer = await ask(server, '/api/chat/messages', {
    body: JSON.stringify({ content: 'x', junk: 'y'.repeat(300_000) }),
  });
  expect(answer.status).toBe(201);
});

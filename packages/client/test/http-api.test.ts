/** Every HTTP route, against the real server; refusals as the server words them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createHttpApi, type HttpApi } from '../src/index.ts';
import { startTestServer, type TestServer } from './test-server.ts';

let server: TestServer;
let ana: HttpApi;
let ben: HttpApi;

beforeAll(async () => {
  server = await startTestServer();
  ana = createHttpApi({ url: server.url, identity: { userId: 'ana' } });
  ben = createHttpApi({ url: server.url, identity: { userId: 'ben' } });
});
afterAll(() => server.close());

describe('chat', () => {
  it('posts once a clientMessageId, and pages and polls', async () => {
    const first = await ana.postMessage({ content: 'one', clientMessageId: 'a' });
    expect(await ana.postMessage({ content: 'one', clientMessageId: 'a' })).toEqual(first);
    await ana.postMessage({ content: 'two' });
    const seqs = ({ messages }: { messages: readonly { seq: number }[] }): number[] => messages.map(({ seq }) => seq);
    expect(seqs(await ben.history())).toEqual([1, 2]);
    expect(await ben.history({ after: 0, limit: 1 })).toMatchObject({ messages: [{ content: 'one' }], hasMore: true });
    expect(seqs(await ben.history({ before: 2 }))).toEqual([1]);
    expect(seqs(await ben.pollMessages({ conversationId: 'global', after: 1, waitSeconds: 5 }))).toEqual([2]);
    expect(await ben.pollMessages({ conversationId: 'global', after: 2, waitSeconds: 0 })).toEqual({
      messages: [],
      hasMore: false,
    });
  });

  it('carries a user id of any letters', async () => {
    const { senderId } = await createHttpApi({ url: server.url, identity: { userId: 'Zoë.猫' } }).postMessage({
      content: 'miau',
    });
    expect(senderId).toBe('Zoë.猫');
  });

  it('makes groups, lists them, and moves members', async () => {
    const group = await ana.createConversation({ kind: 'group', title: 'Friends' });
    expect(group).toMatchObject({ kind: 'group', title: 'Friends', members: ['ana'], lastSeq: 0, unread: 0 });
    await ana.addMember(group.id, 'ben');
    expect((await ben.conversations()).map(({ id }) => id)).toContain(group.id);
    await ana.removeMember(group.id, 'ben');
    await expect(ben.history({ conversationId: group.id })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('knows who is there', async () => {
    expect(Array.isArray(await ana.presence())).toBe(true);
  });
});

describe('market', () => {
  it('takes ticks, and gives the latest, candles and what is new', async () => {
    await server.tick(100);
    expect(await ana.snapshot()).toEqual([expect.objectContaining({ symbol: 'BTC', price: 100 })]);
    const { id, ticks } = await ana.pollTicks({ waitSeconds: 0 });
    expect(ticks.map(({ price }) => price)).toEqual([100]);
    await server.tick(101, 102);
    const news = await ana.pollTicks({ after: id, waitSeconds: 5 });
    expect(news.ticks.map(({ price }) => price)).toEqual([101, 102]);
    const [candle] = (await ana.candles('BTC', '1h', 1)).slice(-1);
    expect(candle).toMatchObject({ h: 102, c: 102 });
  });
});

describe('the server', () => {
  it('says how it is', async () => {
    expect((await ana.health()).status).toBe('UP');
    expect((await ana.readiness()).ready).toBe(true);
  });
});

describe('a refusal', () => {
  it.each([
    ['an empty message', (): Promise<unknown> => ana.postMessage({ content: ' ' }), 'VALIDATION'],
    ['a limit past the end', (): Promise<unknown> => ana.history({ limit: 501 }), 'VALIDATION'],
    [
      'a conversation of others',
      (): Promise<unknown> => ana.history({ conversationId: 'not-mine' }),
      /FORBIDDEN|NOT_FOUND/,
    ],
    ['revoking without being an admin', (): Promise<unknown> => ana.revoke('ben'), 'FORBIDDEN'],
  ])('of %s has the contract’s code', async (_, call, code) => {
    const error: unknown = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: typeof code === 'string' ? code : expect.stringMatching(code) });
  });

  it('of an answer that does not come in time says so', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => silent.closeAllConnections());
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const hasty = createHttpApi({ url: `http://127.0.0.1:${port}`, timeoutMillis: 50 });
    await expect(hasty.health()).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('ends with the caller’s signal', async () => {
    const stop = new AbortController();
    const poll = ana.pollMessages({ conversationId: 'global', after: 1e9, waitSeconds: 20 }, stop.signal);
    stop.abort(new Error('enough'));
    await expect(poll).rejects.toThrow('enough');
  });
});

/** Who a session is where tokens say it, and how it stays let in. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ChatOptions, type ChatSession, connectChat, connectMarket } from '../src/index.ts';
import { closedAfterTest } from './closing.ts';
import { fastClock } from './fast-clock.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const SECRET = 'a secret for tests only, 32 characters';
const clock = fastClock(40);

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ RTD_AUTH: 'jwt', RTD_JWT_SECRET: SECRET }, clock);
});
afterAll(() => server.close());

/** An HS256 token that ends so many seconds of the test's clock from now. */
function tokenOf(userId: string, seconds: number): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: userId, exp: Math.floor(clock.now() / 1_000) + seconds };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

function connect(options: Partial<ChatOptions>): ChatSession {
  return closedAfterTest(connectChat({ url: server.url, clock, ...options }));
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8_000, interval: 5 });

it.each(['ws', 'poll'] as const)('a token says who one is over %s', async (transport) => {
  const session = connect({ transport, identity: { token: tokenOf('ana', 3_600) } });
  expect((await session.send({ content: 'hello' }).settled).kind).toBe('sent');
  await until(() => expect(session.self).toEqual({ userId: 'ana' }));
  const { messages } = await session.api.history({ limit: 1 });
  expect(messages[0]?.senderId).toBe('ana');
});

it('a token serves for prices, too', async () => {
  const market = closedAfterTest(connectMarket({ url: server.url, clock, identity: { token: tokenOf('ana', 3_600) } }));
  await until(() => expect(market.state.kind).toBe('live'));
});

it('a token that is asked for is renewed in time, and the connection goes on without a break', async () => {
  let asked = 0;
  const session = connect({
    transport: 'ws',
    identity: {
      token: () => {
        asked += 1;
        return tokenOf('ana', 90);
      },
    },
  });
  await until(() => expect(session.state.kind).toBe('live'));
  const states: string[] = [];
  const notices: string[] = [];
  session.on('state', ({ kind }) => states.push(kind));
  session.on('notice', ({ message }) => notices.push(message));
  // Past the end of the first token and its leeway of 30 s, as the server counts.
  const end = clock.now() + 150_000;
  await vi.waitFor(() => expect(clock.now()).toBeGreaterThan(end), { timeout: 15_000, interval: 50 });
  expect([states, notices, session.state.kind]).toEqual([[], [], 'live']);
  expect(asked).toBeGreaterThanOrEqual(4);
}, 30_000);

it('a token that has ended is refused; a newer one lets the session go on, with what it had to send', async () => {
  const session = connect({ identity: { token: tokenOf('ana', -3_600) } });
  await until(() => expect(session.state.kind).toBe('refused'));
  const { state } = session;
  expect(state.kind === 'refused' && state.error.code).toBe('UNAUTHENTICATED');
  const sending = session.send({ content: 'patience' });
  session.refreshToken(tokenOf('ana', 3_600));
  expect((await sending.settled).kind).toBe('sent');
});

it.each([
  ['chat over ws', (token: () => Promise<string>) => connect({ transport: 'ws', identity: { token } })],
  ['chat over poll', (token: () => Promise<string>) => connect({ transport: 'poll', identity: { token } })],
  [
    'prices',
    (token: () => Promise<string>) => closedAfterTest(connectMarket({ url: server.url, clock, identity: { token } })),
  ],
])('a token that cannot be had is no refusal of %s: it is asked for again', async (_, open) => {
  let away = true;
  const link = open(() => (away ? Promise.reject(new Error('login is away')) : Promise.resolve(tokenOf('ana', 3_600))));
  await until(() => expect(link.state.kind).toBe('waiting'));
  const { state } = link;
  expect(state.kind === 'waiting' && state.why).toBe('The token could not be had: login is away');
  away = false;
  await until(() => expect(['live', 'polling']).toContain(link.state.kind));
});

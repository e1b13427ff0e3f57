/** What a session says of its link is true, and tells a person what to do. */
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ChatSession, connectChat, connectMarket, type LinkState, type MarketStream } from '../src/index.ts';
import { closedAfterTest } from './closing.ts';
import { fastClock } from './fast-clock.ts';
import { startTestServer, TEST_SPEED, type TestServer } from './test-server.ts';

async function listening(server: net.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function unusedUrl(): Promise<string> {
  const server = net.createServer();
  const url = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

let server: TestServer;
let guarded: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  guarded = await startTestServer({ RTD_AUTH: 'jwt', RTD_JWT_SECRET: 'a secret for tests only, 32 characters' });
});
afterAll(() => Promise.all([server.close(), guarded.close()]));

const KINDS = [
  ['chat over auto', (url: string) => connectChat({ url, clock: fastClock(TEST_SPEED) })],
  ['chat over ws', (url: string) => connectChat({ url, clock: fastClock(TEST_SPEED), transport: 'ws' })],
  ['chat over poll', (url: string) => connectChat({ url, clock: fastClock(TEST_SPEED), transport: 'poll' })],
  ['market over auto', (url: string) => connectMarket({ url, clock: fastClock(TEST_SPEED) })],
  ['market over sse', (url: string) => connectMarket({ url, clock: fastClock(TEST_SPEED), transport: 'sse' })],
  ['market over poll', (url: string) => connectMarket({ url, clock: fastClock(TEST_SPEED), transport: 'poll' })],
] as const;

function onState(link: ChatSession | MarketStream, listener: (state: LinkState) => void): void {
  if ('send' in link) link.on('state', listener);
  else link.on('state', listener);
}

async function settles(link: ChatSession | MarketStream): Promise<LinkState> {
  await vi.waitFor(() => expect(link.state.kind).not.toBe('connecting'), { timeout: 5_000, interval: 5 });
  return link.state;
}

describe.each(KINDS)('%s', (_, connect) => {
  it('waits for a server that is not there, and names the address and a remedy', async () => {
    const url = await unusedUrl();
    const state = await settles(closedAfterTest(connect(url)));
    if (state.kind !== 'waiting') throw new Error(state.kind);
    expect(state.why).toBe(
      `Cannot reach ${url}: nothing listens there. Check the address, or start a server there with "rtd serve".`,
    );
    expect(state.retryInMillis).toBeGreaterThanOrEqual(750);
    expect(state.retryInMillis).toBeLessThanOrEqual(1_250);
  });

  it('refuses a web server that is no RTD server', async () => {
    const web = http.createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
    });
    closedAfterTest({ close: () => web.close() && web.closeAllConnections() });
    const state = await settles(closedAfterTest(connect(await listening(web))));
    if (state.kind !== 'refused') throw new Error(state.kind);
    expect(state.error.message).toMatch(
      /is no RTD server that this client understands.*with a web page.*Check the address/,
    );
  });

  it('refuses what speaks no HTTP', async () => {
    const echo = net.createServer((socket) => {
      socket.on('error', () => {}).end('220 mail.example.com ESMTP\r\n');
    });
    closedAfterTest(echo);
    const state = await settles(closedAfterTest(connect(await listening(echo))));
    if (state.kind !== 'refused') throw new Error(state.kind);
    expect(state.error.message).toMatch(/is no RTD server.*: what answers there speaks no HTTP\. Check the address/);
  });

  it('refuses without a token where one is needed', async () => {
    const state = await settles(closedAfterTest(connect(guarded.url)));
    if (state.kind !== 'refused') throw new Error(JSON.stringify(state));
    expect(state.error.code).toBe('UNAUTHENTICATED');
  });

  it('comes back by itself after a restart of the server, and goes off and on when told', async () => {
    const link = closedAfterTest(connect(server.url));
    const up = (state: LinkState): boolean => state.kind === 'live' || state.kind === 'polling';
    const states: LinkState['kind'][] = [];
    expect(up(await settles(link))).toBe(true);
    onState(link, (state) => states.push(state.kind));
    await server.restart(() => vi.waitFor(() => expect(states).toContain('waiting'), { timeout: 5_000 }));
    await vi.waitFor(() => expect(up(link.state)).toBe(true), { timeout: 5_000 });
    expect(states).not.toContain('refused');

    link.goOffline();
    expect(link.state).toEqual({ kind: 'offline' });
    link.reconnectNow();
    expect(link.state).toEqual({ kind: 'connecting' });
    expect(up(await settles(link))).toBe(true);
  });
});

describe('an address that cannot be one', () => {
  it.each(['', 'ftp://x', 'http://', 'http://ana:secret@host'])('%j is refused before anything is tried', (url) => {
    expect(() => connectChat({ url })).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
    expect(() => connectMarket({ url })).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
  });
});

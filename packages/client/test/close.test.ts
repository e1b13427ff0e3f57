/** Nothing is left of a session that was closed: no timer, no connection, nothing that keeps a program alive. */
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectChat, connectMarket } from '../src/index.ts';
import { closedAfterTest } from './closing.ts';
import { fastClock } from './fast-clock.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startTestServer, TEST_SPEED, type TestServer } from './test-server.ts';

let server: TestServer;
let proxy: FaultProxy;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  proxy = closedAfterTest(await startFaultProxy(server.url));
});

const TROUBLES = {
  none: () => {},
  'a proxy that refuses Upgrade': () => {
    proxy.refusesUpgrade = true;
  },
  'nobody there': () => {
    proxy.refuses = true;
  },
  'a network without a word': () => {
    proxy.swallows = 'all';
  },
} as const;

describe.each(Object.entries(TROUBLES))('with trouble: %s', (_, begin) => {
  it.each(['auto', 'ws', 'poll'] as const)('a closed session over %s leaves no timer', async (transport) => {
    begin();
    const clock = fastClock(TEST_SPEED);
    const session = connectChat({ url: proxy.url, identity: { userId: 'ana' }, clock, transport });
    const got = vi.fn();
    session.subscribe('global', { onMessage: got, onTyping: got });
    session.watchInbox(got);
    session.watchPresence({ onList: got, onChange: got });
    session.lookAt('symbol', 'BTC');
    session.typing('global').keyPressed();
    session.markRead('global', 1);
    const sending = session.send({ content: 'hello' });
    await vi.waitFor(() => expect(session.state.kind).not.toBe('connecting'), { timeout: 8_000 });
    await session.close();
    expect(session.state).toEqual({ kind: 'offline' });
    expect(['sent', 'refused']).toContain((await sending.settled).kind);
    // Requests that were under way notice in a turn or two that nobody waits.
    await vi.waitFor(() => expect(clock.pending).toBe(0));
    got.mockClear();
    proxy.swallows = 'nothing';
    proxy.refuses = false;
    await server.say('too late');
    expect(got).not.toHaveBeenCalled();
    await session.close();
  });

  it.each(['auto', 'sse', 'poll'] as const)('a closed stream over %s leaves no timer', async (transport) => {
    begin();
    const clock = fastClock(TEST_SPEED);
    const market = connectMarket({ url: proxy.url, clock, transport });
    await vi.waitFor(() => expect(market.state.kind).not.toBe('connecting'), { timeout: 8_000 });
    market.close();
    expect(market.state).toEqual({ kind: 'offline' });
    await vi.waitFor(() => expect(clock.pending).toBe(0));
    market.reconnectNow();
    expect(market.state).toEqual({ kind: 'offline' });
  });
});

it.each(['nothing', 'all'] as const)(
  'a program that closes ends by itself, while the network swallows %s',
  async (swallows) => {
    const program = `
    import { connectChat, connectMarket } from '@rtd/client';
    const url = process.argv[1];
    const session = connectChat({ url, identity: { userId: 'ana' } });
    const market = connectMarket({ url });
    if (process.argv[2] === 'nothing') await session.send({ content: 'hello' }).settled;
    else await new Promise((resolve) => setTimeout(resolve, 300));
    market.close();
    await session.close();
    process.stdout.write('closed');
  `;
    proxy.swallows = swallows;
    const args = ['--conditions=source', '--input-type=module', '--eval', program, proxy.url, swallows];
    const startedAt = Date.now();
    const { promise, resolve } = Promise.withResolvers<{ failed: boolean; stdout: string }>();
    execFile(process.execPath, args, { timeout: 15_000, cwd: import.meta.dirname }, (error, stdout) =>
      resolve({ failed: error !== null, stdout }),
    );
    expect(await promise).toEqual({ failed: false, stdout: 'closed' });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  },
);

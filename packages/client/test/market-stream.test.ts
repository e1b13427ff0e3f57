/** Every tick once, in order, over any sequence of cuts; honest where that cannot be. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectMarket, type LinkState, type MarketOptions, type MarketStream } from '../src/index.ts';
import { closedAfterTest } from './closing.ts';
import { fastClock } from './fast-clock.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startTestServer, TEST_SPEED, type TestServer } from './test-server.ts';

let server: TestServer;
let proxy: FaultProxy;
/** Each is used once, so that a price names its tick. */
let price = 0;

beforeAll(async () => {
  server = await startTestServer();
  price += 1;
  await server.tick(price);
});
afterAll(() => server.close());
beforeEach(async () => {
  proxy = closedAfterTest(await startFaultProxy(server.url));
});

interface Watched {
  readonly market: MarketStream;
  readonly prices: number[];
  readonly snapshots: number[][];
  readonly resets: string[];
  readonly states: LinkState[];
}

function watch(options: Partial<MarketOptions> = {}): Watched {
  const market = closedAfterTest(connectMarket({ url: proxy.url, clock: fastClock(TEST_SPEED), ...options }));
  const watched: Watched = { market, prices: [], snapshots: [], resets: [], states: [] };
  market.on('tick', (tick) => watched.prices.push(tick.price));
  market.on('snapshot', (ticks) => watched.snapshots.push(ticks.map((tick) => tick.price)));
  market.on('reset', (reason) => watched.resets.push(reason));
  market.on('state', (state) => watched.states.push(state));
  return watched;
}

/** So many new ticks, in one request; their prices. */
async function tick(count: number): Promise<number[]> {
  const prices = Array.from({ length: count }, () => {
    price += 1;
    return price;
  });
  await server.tick(...prices);
  return prices;
}

const gets = (watched: Watched, prices: readonly number[]): Promise<void> =>
  vi.waitFor(() => expect(watched.prices).toEqual(prices), { timeout: 8_000, interval: 5 });

const hasSnapshot = ({ snapshots }: Watched): Promise<void> =>
  vi.waitFor(() => expect(snapshots).toHaveLength(1), { timeout: 5_000, interval: 5 });

describe.each(['sse', 'poll', 'auto'] as const)('over %s', (transport) => {
  it('a snapshot first, then each tick once and in order over random cuts', async () => {
    const cuts = fc.array(
      fc.record({
        ticks: fc.integer({ min: 0, max: 6 }),
        cut: fc.boolean(),
        waitMillis: fc.integer({ min: 0, max: 30 }),
      }),
      { minLength: 2, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(cuts, async (steps) => {
        const watched = watch({ transport });
        await hasSnapshot(watched);
        expect(watched.snapshots).toEqual([[price]]);
        const expected: number[] = [];
        for (const step of steps) {
          expected.push(...(await tick(step.ticks)));
          if (step.cut) proxy.cut();
          await new Promise((resolve) => setTimeout(resolve, step.waitMillis));
        }
        expected.push(...(await tick(1)));
        await gets(watched, expected);
        expect([watched.snapshots.length, watched.resets]).toEqual([1, []]);
        watched.market.close();
      }),
      { numRuns: 8, interruptAfterTimeLimit: 12_000, endOnFailure: true },
    );
  }, 40_000);

  it('goes on behind the id of an earlier stream', async () => {
    const first = watch({ transport });
    await hasSnapshot(first);
    await gets(first, await tick(2));
    first.market.close();
    const missed = await tick(3);
    const { lastEventId } = first.market;
    const second = watch({ transport, lastEventId });
    await gets(second, missed);
    expect(second.snapshots).toEqual([]);
  });

  it('gets only the symbols that it asked for', async () => {
    const watched = watch({ transport, symbols: ['ETH'] });
    await vi.waitFor(() => expect(['live', 'polling']).toContain(watched.market.state.kind));
    await tick(3);
    const everything = watch({ transport });
    await hasSnapshot(everything);
    await gets(everything, await tick(1));
    expect(watched.prices).toEqual([]);
  });
});

it('polls where the stream is held back, and streams again when it is not, each tick once', async () => {
  proxy.holdsStreams = true;
  const watched = watch();
  const becomes = (kind: LinkState['kind']): Promise<void> =>
    vi.waitFor(() => expect(watched.market.state.kind).toBe(kind), { timeout: 8_000, interval: 5 });
  await becomes('polling');
  await hasSnapshot(watched);
  const expected = await tick(3);
  await gets(watched, expected);
  proxy.holdsStreams = false;
  while (watched.market.state.kind !== 'live') expected.push(...(await tick(2)));
  expected.push(...(await tick(2)));
  await gets(watched, expected);
  expect(watched.snapshots).toHaveLength(1);
});

it('notices a stream that has gone silent, and resumes it', async () => {
  const watched = watch({ transport: 'sse' });
  await hasSnapshot(watched);
  proxy.swallows = 'answers';
  const expected = await tick(2);
  await vi.waitFor(() => expect(watched.market.state.kind).toBe('waiting'), { timeout: 8_000, interval: 5 });
  proxy.swallows = 'nothing';
  proxy.cut();
  await gets(watched, expected);
});

it('says reset, then gives a new snapshot, where it cannot go on', async () => {
  const watched = watch({ transport: 'sse', lastEventId: 'nonsense' });
  await hasSnapshot(watched);
  expect(watched.resets).toHaveLength(1);
  expect(watched.snapshots).toEqual([[price]]);
  await gets(watched, await tick(1));
});

it('is not live before the server has said so', async () => {
  const mute = http.createServer((request, response) => {
    if (request.url?.startsWith('/stream'))
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('no');
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  closedAfterTest({ close: () => mute.close() && mute.closeAllConnections() });
  const { market, states } = watch({ url: `http://127.0.0.1:${(mute.address() as AddressInfo).port}` });
  await vi.waitFor(() => expect(market.state.kind).not.toBe('connecting'), { timeout: 8_000 });
  expect(states.map(({ kind }) => kind)).toEqual(['refused']);
});

import { RtdError, type TickInput } from '@rtd/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { symbolsIn } from '../flags/symbols.ts';
import { randomFromSeed } from '../random.ts';
import { BATCH_TICKS, feedMarket } from './feed.ts';
import { instrumentOf } from './instruments.ts';
import { createMarket, type Market } from './market.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function market(rate: number): Market {
  const instruments = symbolsIn('BTC,ETH').map(instrumentOf);
  return createMarket({ instruments, random: randomFromSeed('feed'), rate, volatility: 1, start: Date.now() });
}

/** A server that keeps what it gets, and can be away. */
function server(options: { answerMillis?: number } = {}) {
  const taken: TickInput[] = [];
  const requests: number[] = [];
  let away: RtdError | undefined;
  return {
    taken,
    requests,
    goAway: (error: RtdError | undefined) => {
      away = error;
    },
    postTicks: async (ticks: readonly TickInput[]): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, options.answerMillis ?? 1));
      if (away !== undefined) throw away;
      requests.push(ticks.length);
      taken.push(...ticks);
      return ticks.length;
    },
  };
}

const forSeconds = (seconds: number) => ({ until: Date.now() + seconds * 1_000, now: Date.now });
const idle = new AbortController().signal;

test('every tick that is due arrives once, in order, at the rate that was asked for', async () => {
  const to = server();
  const done = feedMarket({ api: to, market: market(1_000), signal: idle, ...forSeconds(10) });
  await vi.advanceTimersByTimeAsync(11_000);
  await done;
  expect(to.taken.length).toBeGreaterThan(9_990);
  expect(to.taken.length).toBeLessThanOrEqual(10_000);
  const times = to.taken.map(({ timestamp }) => Date.parse(timestamp ?? ''));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  // Batches, and not a request a tick.
  expect(to.requests.length).toBeLessThan(250);
});

test('while the server is away the market stands still; nothing is lost and nothing comes in a burst', async () => {
  const to = server();
  const waits: number[] = [];
  let back = 0;
  const done = feedMarket({
    api: to,
    market: market(100),
    signal: idle,
    ...forSeconds(60),
    onAway: (_error, millis) => waits.push(millis),
    onBack: () => {
      back += 1;
    },
  });
  await vi.advanceTimersByTimeAsync(5_000);
  to.goAway(new RtdError('UNAVAILABLE', 'away'));
  await vi.advanceTimersByTimeAsync(20_000);
  const before = to.taken.length;
  expect(before).toBeGreaterThan(480);
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  to.goAway(undefined);
  await vi.advanceTimersByTimeAsync(36_000);
  await done;
  expect(back).toBe(1);
  const times = to.taken.map(({ timestamp }) => Date.parse(timestamp ?? ''));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(Math.max(...to.requests)).toBeLessThan(50);
  expect(to.taken.length).toBeLessThan(4_000);
});

test('a server that is too slow for the rate gets fresh ticks, not ever older ones', async () => {
  const to = server({ answerMillis: 500 });
  const ages: number[] = [];
  const onAccepted = (ticks: readonly TickInput[]): void => {
    ages.push(Date.now() - Date.parse(ticks[0]?.timestamp ?? ''));
  };
  const done = feedMarket({ api: to, market: market(20_000), signal: idle, ...forSeconds(30), onAccepted });
  await vi.advanceTimersByTimeAsync(120_000);
  await done;
  expect(Math.max(...to.requests)).toBe(BATCH_TICKS);
  expect(Math.max(...ages)).toBeLessThan(3_000);
});

test('a server that is merely slow was never away', async () => {
  const to = server({ answerMillis: 3 });
  const onBack = vi.fn();
  const ticking = { ...forSeconds(5), now: () => vi.getMockedSystemTime()?.valueOf() ?? 0 };
  // A clock that moves between any two looks at it.
  let looks = 0;
  const now = (): number => ticking.now() + (looks++ % 2);
  const done = feedMarket({ api: to, market: market(100), signal: idle, until: ticking.until, now, onBack });
  await vi.advanceTimersByTimeAsync(6_000);
  await done;
  expect(onBack).not.toHaveBeenCalled();
});

test('it ends in time also where the server is away, and says so', async () => {
  const to = server();
  to.goAway(new RtdError('UNAVAILABLE', 'away'));
  const done = feedMarket({ api: to, market: market(100), signal: idle, ...forSeconds(10) });
  const started = Date.now();
  const refused = expect(done.finally(() => expect(Date.now() - started).toBeLessThan(10_100))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  await vi.advanceTimersByTimeAsync(60_000);
  await refused;
});

test('what the server refuses for good ends it', async () => {
  const to = server();
  to.goAway(new RtdError('FORBIDDEN', 'no'));
  const done = feedMarket({ api: to, market: market(100), signal: idle, ...forSeconds(10) });
  const refused = expect(done).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await vi.advanceTimersByTimeAsync(1_000);
  await refused;
});

test('an interruption ends it at once, also while the server is away', async () => {
  const to = server();
  to.goAway(new RtdError('UNAVAILABLE', 'away'));
  const stop = new AbortController();
  const done = feedMarket({ api: to, market: market(100), signal: stop.signal, now: Date.now });
  await vi.advanceTimersByTimeAsync(5_000);
  stop.abort();
  await done;
  expect(vi.getTimerCount()).toBe(0);
});

/** A client that does not read: it is conflated, costs the others nothing, holds no memory, and is ended when it never reads again. */
import type { Tick } from '@rtd/protocol';
import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import {
  BEGINNING,
  StreamClient,
  type StreamServer,
  type StreamServerOptions,
  SYMBOLS,
  startStreamServer,
  TickSource,
  WITHIN,
} from './stream-server.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options?: StreamServerOptions): Promise<StreamServer> {
  const server = await startStreamServer(options);
  closers.push(() => server.close());
  return server;
}

function connect(url: string, headers: Record<string, string>, held: boolean): StreamClient {
  const client = new StreamClient(url, headers, held);
  closers.push(() => client.cut());
  return client;
}

/** More than the kernel takes for one connection on any machine: 40 MB of events. */
const ROUNDS = 170;
const ROUND = 1_000;
const BUDGET = 524_288;
/** The events of one round, which may come on top: a batch is never cut in two. */
const ROUND_BYTES = ROUND * 260;

const queuedBytes = (server: StreamServer): number =>
  [...server.sockets].reduce((most, socket) => Math.max(most, socket.writableLength), 0);

it('is conflated to the newest a symbol, while the others get every tick', { timeout: 60_000 }, async () => {
  const server = await start({ limits: { SEND_SECONDS: 0 } });
  const fast = await connect(server.url, {}, false).begun();
  const slow = connect(server.url, {}, true);
  await expect.poll(() => server.sse.connections, WITHIN).toBe(2);
  const source = new TickSource();
  let mostQueued = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    await server.market.accept(source.next(ROUND));
    await expect.poll(() => fast.ticks.length, WITHIN).toBe(round * ROUND);
    mostQueued = Math.max(mostQueued, queuedBytes(server));
  }
  expect(mostQueued).toBeGreaterThan(BUDGET);
  expect(mostQueued).toBeLessThan(BUDGET + ROUND_BYTES);
  expect(slow.ticks).toEqual([]);

  slow.release();
  const last = ROUNDS * ROUND;
  await expect.poll(() => slow.ticks.some(({ tick }) => tick.price === last), WITHIN).toBe(true);
  expect(slow.ticks.length).toBeLessThan(last);
  const newest = new Map(server.market.snapshot().ticks.map((tick) => [tick.symbol, tick.price]));
  for (const symbol of SYMBOLS) {
    const prices = slow.pricesOf(symbol);
    expect(prices.at(-1)).toBe(newest.get(symbol));
    expect(prices.every((price, index) => index === 0 || price > (prices[index - 1] ?? 0))).toBe(true);
  }
  // It reads again, and is one of the others again.
  await server.market.accept(source.next(8));
  await expect.poll(() => slow.ticks.filter(({ tick }) => tick.price > last).length, WITHIN).toBe(8);
});

it('holds no backlog while it resumes, and gets all of it', { timeout: 60_000 }, async () => {
  const server = await start({ ringTicks: 10_000, limits: { SEND_SECONDS: 0 } });
  const source = new TickSource();
  for (let round = 1; round <= ROUNDS; round += 1) await server.market.accept(source.next(ROUND));
  await expect.poll(() => server.market.stats().ticks, WITHIN).toBe(ROUNDS * ROUND);
  const slow = connect(server.url, { 'Last-Event-ID': BEGINNING }, true);
  // The kernel's buffers fill up, and then nothing moves any more.
  const taken = (): number => [...server.sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0);
  let before = -1;
  await expect
    .poll(
      () => {
        const still = taken() === before && queuedBytes(server) > 0;
        before = taken();
        return still;
      },
      { timeout: 10_000, interval: 100 },
    )
    .toBe(true);
  expect(queuedBytes(server)).toBeLessThan(BUDGET);
  slow.release();
  await expect.poll(() => slow.ticks.length, { timeout: 30_000, interval: 5 }).toBe(ROUNDS * ROUND);
  for (const symbol of SYMBOLS) {
    const prices = slow.pricesOf(symbol);
    expect(prices).toHaveLength((ROUNDS * ROUND) / SYMBOLS.length);
    expect(prices.every((price, index) => index === 0 || price === (prices[index - 1] ?? 0) + SYMBOLS.length)).toBe(
      true,
    );
  }
});

it('is ended when it takes nothing for SEND_SECONDS, and resumes where it stood', { timeout: 60_000 }, async () => {
  const clock = new ManualClock();
  const server = await start({ clock, limits: { SEND_SECONDS: 20 } });
  const source = new TickSource();
  const stuck = connect(server.url, {}, true);
  await expect.poll(() => server.sse.connections, WITHIN).toBe(1);
  let rounds = 0;
  for (; queuedBytes(server) === 0 && rounds < ROUNDS; rounds += 1) {
    await server.market.accept(source.next(ROUND));
    await expect.poll(() => server.market.stats().ticks, WITHIN).toBe((rounds + 1) * ROUND);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(queuedBytes(server)).toBeGreaterThan(0);
  // What is on its way from the topic to the socket gets there in a few turns.
  for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  const held = queuedBytes(server);
  clock.pass(19_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.sse.connections).toBe(1);
  // Not even comments are added to what it does not take.
  expect(queuedBytes(server)).toBe(held);
  clock.pass(3_000);
  await expect.poll(() => server.sse.connections, WITHIN).toBe(0);
  // What the kernel had taken is still there to be read; from its end on the client goes on.
  stuck.release();
  await expect.poll(() => stuck.closed, WITHIN).toBe(true);
  expect(stuck.ticks.length).toBeLessThan(rounds * ROUND);
  const again = connect(server.url, { 'Last-Event-ID': stuck.lastId }, false);
  await expect.poll(() => stuck.ticks.length + again.ticks.length, WITHIN).toBe(rounds * ROUND);
  const prices = [...stuck.ticks, ...again.ticks].map(({ tick }: { tick: Tick }) => tick.price);
  expect(new Set(prices).size).toBe(rounds * ROUND);
});

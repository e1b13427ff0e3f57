/** The market room over a real tick log: what is taken in, shown, streamed, conflated, resumed and polled. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LogPosition, parseLogPosition, RtdError, TickerSymbol } from '@rtd/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteTickLog } from '../../src/adapters/sqlite/sqlite-tick-log.ts';
import { systemClock } from '../../src/clock.ts';
import { createTopic } from '../../src/fan-out/fan-out-topic.ts';
import { createMarketRoom, type MarketRoomOptions } from '../../src/market/create-market-room.ts';
import type { MarketRoom, Resumption } from '../../src/market/market-room.ts';
import type { TickLog } from '../../src/market/tick-log.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { turn } from '../fan-out/recording-outlet.ts';
import { ManualClock } from '../manual-clock.ts';
import { RecordingSubscriber } from './recording-subscriber.ts';

const BTC = TickerSymbol.parse('BTC');
const ETH = TickerSymbol.parse('ETH');
const SOL = TickerSymbol.parse('SOL');
const SYMBOLS = [BTC, ETH, SOL];
const WITHIN = { timeout: 10_000, interval: 1 };
const NEVER = new AbortController().signal;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Opened {
  readonly room: MarketRoom & { close(): Promise<void> };
  readonly tickLog: TickLog;
  readonly clock: ManualClock;
  /** Accepts, and waits until the room has them back from the log. */
  tick(symbol: TickerSymbol, price: number): Promise<void>;
}

function newPath(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'market-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'ticks.db');
}

async function open(options: Partial<MarketRoomOptions> & { file?: string } = {}): Promise<Opened> {
  const clock = new ManualClock();
  const log = silentLog();
  const file = options.file ?? newPath();
  const tickLog = options.tickLog ?? (await openSqliteTickLog({ path: file, clock: systemClock, log }));
  const room = await createMarketRoom({ tickLog, clock, newTopic: createTopic, log, budgetBytes: 10_000, ...options });
  closers.push(async () => {
    await room.close();
    await tickLog.close();
  });
  const tick = async (symbol: TickerSymbol, price: number): Promise<void> => {
    const before = room.stats().ticks;
    await room.accept([{ symbol, price }]);
    while (room.stats().ticks === before) await turn();
    await turn();
  };
  return { room, tickLog, clock, tick };
}

const positionOf = (room: MarketRoom): LogPosition => room.snapshot().position;

async function resumable(
  room: MarketRoom,
  from: LogPosition,
  conflate = 0,
): Promise<Resumption & { kind: 'resumable' }> {
  const resumption = await room.resume(from, undefined, conflate);
  if (resumption.kind === 'reset') throw new Error(resumption.reason);
  return resumption;
}

describe('the board', () => {
  it('shows nothing that the log has not stored', async () => {
    const { room, tickLog } = await open({ maxSymbols: 2 });
    await tickLog.close();
    await expect(room.accept([{ symbol: BTC, price: 1 }])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(room.snapshot().ticks).toEqual([]);
    expect(room.stats()).toMatchObject({ symbols: 0, ticks: 0, lastTickAt: undefined });
  });

  it('takes no open from ticks that the log has refused', async () => {
    const tickLog = await openSqliteTickLog({ path: newPath(), clock: systemClock, log: silentLog() });
    let full = true;
    const { room, tick } = await open({
      tickLog: {
        partitions: tickLog.partitions,
        append: (ticks) => (full ? Promise.reject(new RtdError('UNAVAILABLE', 'full')) : tickLog.append(ticks)),
        bounds: () => tickLog.bounds(),
        read: (partition, offset, limit) => tickLog.read(partition, offset, limit),
        tail: (from, receive) => tickLog.tail(from, receive),
        check: () => tickLog.check(),
        close: () => tickLog.close(),
      },
    });
    await expect(room.accept([{ symbol: BTC, price: 1 }])).rejects.toMatchObject({ message: 'full' });
    full = false;
    await tick(BTC, 200);
    await tick(BTC, 300);
    expect(room.snapshot().ticks).toMatchObject([{ price: 300, change: 100, changePercent: 50 }]);
  });

  it('takes all of a call or none of it', async () => {
    const { room, tickLog } = await open({ maxSymbols: 2 });
    const inputs = SYMBOLS.map((symbol) => ({ symbol, price: 1 }));
    await expect(room.accept(inputs)).rejects.toMatchObject({ code: 'VALIDATION' });
    expect((await tickLog.bounds()).every(({ next }) => next === 0)).toBe(true);
    expect(await room.accept(inputs.slice(0, 2))).toBe(2);
  });

  it('is the same after a restart, candles and session included, and goes on from there', async () => {
    const file = newPath();
    const first = await open({ file });
    for (let price = 1; price <= 30; price += 1) {
      await first.tick(SYMBOLS[price % 3] ?? BTC, price);
      first.clock.pass(700);
    }
    const before = { snapshot: first.room.snapshot(), candles: first.room.candles(BTC, '1s', 100) };
    expect(before.candles.length).toBeGreaterThan(5);
    await first.room.close();
    await first.tickLog.close();
    const second = await open({ file });
    expect(second.room.snapshot()).toEqual(before.snapshot);
    expect(second.room.candles(BTC, '1s', 100)).toEqual(before.candles);
    expect(second.room.stats()).toMatchObject({ symbols: 3, ticks: 0 });
    await second.tick(BTC, 33);
    // The session opened with the first BTC, at 3.
    expect(second.room.snapshot(new Set([BTC])).ticks).toMatchObject([{ price: 33, change: 30, changePercent: 1_000 }]);
  });
});

describe('a log that is larger than the ring', () => {
  it('resumes from everywhere after a restart', async () => {
    const file = newPath();
    const count = 40_000;
    const inputs = Array.from({ length: count }, (_, index) => ({
      symbol: SYMBOLS[index % 3] ?? BTC,
      price: index + 1,
      // A second each, so that the newest of all partitions are known by their time.
      timestamp: new Date(Date.parse('2026-01-30T00:00:00.000Z') + index * 1_000).toISOString(),
    }));
    const first = await open({ file });
    await first.room.accept(inputs);
    await first.room.close();
    await first.tickLog.close();
    const { room } = await open({ file, ringTicks: 300 });
    const end = positionOf(room);
    for (const back of [0, 1, 50, 99, 100, 101, 5_000, 13_000]) {
      const from = end.map((offset) => Math.max(-1, offset - back));
      const client = new RecordingSubscriber(`back ${back}`);
      (await resumable(room, from)).start(client);
      const due = end.reduce((sum, offset, partition) => sum + offset - (from[partition] ?? 0), 0);
      await expect.poll(() => client.ticks.length, WITHIN).toBe(due);
      expect(new Set(client.prices).size).toBe(due);
      if (due > 0) expect(client.ticks.at(-1)?.position).toEqual(end);
    }
  });
});

describe('live ticks', () => {
  it('go to each subscriber whose filter they fit, from the moment of subscribing', async () => {
    const { room, tick } = await open();
    await tick(BTC, 1);
    const all = new RecordingSubscriber('all');
    const some = new RecordingSubscriber('some');
    room.subscribe(all, undefined, 0);
    const subscription = room.subscribe(some, new Set([BTC, SOL]), 0);
    expect(room.stats().subscribers).toBe(2);
    await tick(BTC, 2);
    await tick(ETH, 3);
    await tick(SOL, 4);
    expect(all.prices).toEqual([2, 3, 4]);
    expect(some.prices).toEqual([2, 4]);
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(room.stats().subscribers).toBe(1);
    await tick(BTC, 5);
    expect(some.prices).toEqual([2, 4]);
  });

  it('are conflated for who does not read, in an order whose ids leave nothing out', async () => {
    const { room, tick } = await open();
    const slow = new RecordingSubscriber('slow');
    room.subscribe(slow, undefined, 0);
    slow.outlet.queuedBytes = 10_001;
    for (let price = 1; price <= 31; price += 1) await tick(SYMBOLS[price % 3] ?? BTC, price);
    expect(slow.ticks).toEqual([]);
    slow.outlet.drain();
    expect(slow.prices).toEqual([29, 30, 31]);
    await tick(BTC, 99);
    expect(slow.prices).toEqual([29, 30, 31, 99]);
  });
});

describe('conflation', () => {
  it('lets the first tick through at once, then the newest a symbol each time', async () => {
    const { room, clock, tick } = await open();
    const client = new RecordingSubscriber('client');
    room.subscribe(client, undefined, 250);
    await tick(BTC, 1);
    expect(client.prices).toEqual([1]);
    await tick(BTC, 2);
    await tick(ETH, 3);
    await tick(BTC, 4);
    clock.pass(249);
    await turn();
    expect(client.prices).toEqual([1]);
    clock.pass(1);
    await turn();
    expect(client.prices).toEqual([1, 3, 4]);
    clock.pass(1_000);
    await tick(ETH, 5);
    expect(client.prices).toEqual([1, 3, 4, 5]);
  });

  it('keeps its promises whatever comes, with cuts and resumes anywhere', { timeout: 60_000 }, async () => {
    const { room, clock, tick } = await open();
    const CONFLATE = 250;
    let price = 0;
    let keys = 0;
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('tick' as const), symbol: fc.constantFrom(...SYMBOLS) }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('pass' as const), millis: fc.integer({ min: 1, max: 400 }) }),
      },
      { weight: 1, arbitrary: fc.constant({ kind: 'cut' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'resume' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'anew' as const }) },
      // Others come and go on the same feed.
      { weight: 1, arbitrary: fc.constant({ kind: 'other' as const }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const newest = new Map<string, number>();
        const known = new Map<string, number>();
        const lastAt = new Map<string, number>();
        const subscriptions: { unsubscribe(): void }[] = [];
        let from = positionOf(room);
        let client = new RecordingSubscriber(`client ${keys++}`);
        let seen = 0;
        let subscription = (await resumable(room, from, CONFLATE)).start(client);
        const take = (): void => {
          for (const received of client.ticks.slice(seen)) {
            // In order, none twice, and not too often on one connection.
            expect(received.price).toBeGreaterThan(known.get(received.symbol) ?? -1);
            expect(clock.now() - (lastAt.get(received.symbol) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
              CONFLATE,
            );
            known.set(received.symbol, received.price);
            lastAt.set(received.symbol, clock.now());
            from = received.position;
          }
          seen = client.ticks.length;
        };
        for (const action of steps) {
          if (action.kind === 'tick') {
            price += 1;
            newest.set(action.symbol, price);
            await tick(action.symbol, price);
          } else if (action.kind === 'pass') {
            // Millisecond by millisecond, so that what comes is seen at its time.
            for (let millis = 0; millis < action.millis; millis += 1) {
              clock.pass(1);
              await turn();
              take();
            }
          } else if (action.kind === 'cut') {
            take();
            subscription.unsubscribe();
          } else if (action.kind === 'resume' || action.kind === 'anew') {
            take();
            subscription.unsubscribe();
            client = new RecordingSubscriber(`client ${keys++}`);
            seen = 0;
            lastAt.clear();
            if (action.kind === 'resume') subscription = (await resumable(room, from, CONFLATE)).start(client);
            else {
              const { ticks, position } = room.snapshot();
              for (const each of ticks) if (newest.has(each.symbol)) known.set(each.symbol, each.price);
              from = position;
              subscription = room.subscribe(client, undefined, CONFLATE);
            }
          } else subscriptions.push(room.subscribe(new RecordingSubscriber('other'), undefined, CONFLATE));
          await turn();
          take();
        }
        take();
        subscription.unsubscribe();
        client = new RecordingSubscriber(`client ${keys++}`);
        seen = 0;
        lastAt.clear();
        subscription = (await resumable(room, from, CONFLATE)).start(client);
        for (let millis = 0; millis <= 2 * CONFLATE; millis += 1) {
          clock.pass(1);
          await turn();
          take();
        }
        expect(known).toEqual(newest);
        for (const each of [subscription, ...subscriptions]) each.unsubscribe();
      }),
      { numRuns: 40 },
    );
    expect(room.stats().subscribers).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const { room, clock, tick } = await open();
    const idle = clock.timers;
    const subscription = room.subscribe(new RecordingSubscriber('client'), undefined, 250);
    await tick(BTC, 1);
    expect(clock.timers).toBe(idle + 1);
    subscription.unsubscribe();
    expect(clock.timers).toBe(idle);
  });
});

describe('resuming', () => {
  it('delivers all that was owed to a slow client in full, one page at a time, and then the newest', async () => {
    const { room, clock, tick } = await open({ ringTicks: 700 });
    const inputs = Array.from({ length: 3_000 }, (_, index) => ({
      symbol: SYMBOLS[index % 3] ?? BTC,
      price: index + 1,
    }));
    await room.accept(inputs);
    await expect.poll(() => room.stats().ticks, WITHIN).toBe(3_000);
    const client = new RecordingSubscriber('slow');
    // Never empty but when it is told to: each page has to wait for the one before.
    client.outlet.queuedBytes = 1;
    (await resumable(room, [-1, -1, -1])).start(client);
    for (let pages = 1; client.ticks.length < 3_000; pages += 1) {
      await expect.poll(() => client.outlet.written.length, WITHIN).toBe(pages);
      expect(client.ticks.length).toBeLessThanOrEqual(512 * pages);
      client.outlet.drain();
      client.outlet.queuedBytes = 1;
      // Meanwhile the market goes on.
      if (pages % 2 === 0) await tick(BTC, 10_000 + pages);
    }
    for (const symbol of SYMBOLS) {
      const own = client.ticks.filter((each) => each.symbol === symbol && each.price <= 3_000);
      expect(own.map(({ price }) => price)).toEqual(
        inputs.filter((each) => each.symbol === symbol).map(({ price }) => price),
      );
    }
    // It does not catch up for a while, and so is given the newest, and is live.
    clock.pass(5_000);
    await tick(BTC, 20_000);
    client.outlet.drain();
    await expect.poll(() => client.ticks.at(-1)?.price, WITHIN).toBe(20_000);
    client.outlet.queuedBytes = 0;
    client.outlet.drain();
    await tick(ETH, 20_001);
    await expect.poll(() => client.ticks.at(-1)?.price, WITHIN).toBe(20_001);
    const prices = client.ticks.filter(({ symbol }) => symbol === BTC).map((each) => each.price);
    expect(prices).toEqual([...new Set(prices)].toSorted((one, other) => one - other));
  });

  it('misses nothing in a market that never stands still', async () => {
    const { room } = await open({ ringTicks: 500 });
    let price = 0;
    const burst = async (): Promise<void> => {
      await room.accept(Array.from({ length: 200 }, (_, index) => ({ symbol: BTC, price: price + index + 1 })));
      price += 200;
    };
    for (let round = 0; round < 20; round += 1) await burst();
    const client = new RecordingSubscriber('client');
    (await resumable(room, [-1, -1, -1])).start(client);
    for (let round = 0; round < 40; round += 1) await burst();
    await expect.poll(() => client.ticks.length, WITHIN).toBe(price);
    expect(client.prices).toEqual(Array.from({ length: price }, (_, index) => index + 1));
  });

  it('resets from places that nobody can go on behind', async () => {
    const { room, tick } = await open();
    await tick(BTC, 1);
    for (const from of [[], [0], [0, 0, 0, 0], [99, -1, -1]]) {
      expect(await room.resume(from, undefined, 0)).toMatchObject({ kind: 'reset', reason: expect.any(String) });
    }
  });

  it('says so when the log has to be asked and does not answer', async () => {
    const { room, tickLog, tick } = await open({ ringTicks: 1 });
    await tick(BTC, 1);
    await tick(BTC, 2);
    await tickLog.close();
    await expect(room.resume([-1, -1, -1], undefined, 0)).rejects.toBeInstanceOf(RtdError);
    // What the ring has needs no log.
    expect((await room.resume(positionOf(room), undefined, 0)).kind).toBe('resumable');
  });

  it('waits for a room that is behind the server that the client comes from', async () => {
    let receive: Parameters<TickLog['tail']>[1] = () => {};
    const tickLog = await openSqliteTickLog({ path: newPath(), clock: systemClock, log: silentLog() });
    closers.push(() => tickLog.close());
    // A log whose tail is late, as one over a network is.
    const { room } = await open({
      tickLog: {
        partitions: tickLog.partitions,
        append: (ticks) => tickLog.append(ticks),
        bounds: () => tickLog.bounds(),
        read: (partition, offset, limit) => tickLog.read(partition, offset, limit),
        check: () => tickLog.check(),
        close: () => tickLog.close(),
        tail: async (_from, receiver) => {
          receive = receiver;
          return { close: () => {} };
        },
      },
    });
    await room.accept([1, 2, 3].map((price) => ({ symbol: BTC, price })));
    const [partition, next] = [...(await tickLog.bounds()).entries()]
      .map(([index, bounds]) => [index, bounds.next] as const)
      .find(([, end]) => end === 3) ?? [0, 0];
    expect(next).toBe(3);
    const page = await tickLog.read(partition, 0, 10);
    if (page.kind === 'gone') throw new Error('gone');
    const behindSecond = [-1, -1, -1].map((none, index) => (index === partition ? 1 : none));
    const client = new RecordingSubscriber('client');
    (await resumable(room, behindSecond)).start(client);
    const poll = room.poll(behindSecond, undefined, 60_000, NEVER);
    receive(page.ticks.slice(0, 1));
    await turn();
    expect(client.ticks).toEqual([]);
    receive(page.ticks.slice(1));
    await expect.poll(() => client.prices, WITHIN).toEqual([3]);
    expect((await poll).ticks.map(({ price }) => price)).toEqual([3]);
  });
});

describe('polling', () => {
  it('gives the newest a symbol first, then what came behind, at once', async () => {
    const { room, tick } = await open();
    await tick(BTC, 1);
    await tick(BTC, 2);
    await tick(ETH, 3);
    const first = await room.poll(undefined, undefined, 60_000, NEVER);
    expect(first.ticks.map(({ price }) => price)).toEqual([2, 3]);
    await tick(BTC, 4);
    await tick(SOL, 5);
    const second = await room.poll(parseLogPosition(first.id), undefined, 60_000, NEVER);
    expect(second.ticks.map(({ price }) => price)).toEqual([4, 5]);
    expect(second.id).toBe((await room.poll(undefined, undefined, 0, NEVER)).id);
    const filtered = await room.poll(parseLogPosition(first.id), new Set([SOL]), 60_000, NEVER);
    expect(filtered.ticks.map(({ price }) => price)).toEqual([5]);
  });

  it('waits for the next that fits, and no longer than it is told', async () => {
    const { room, clock, tick } = await open();
    await tick(BTC, 1);
    const idle = clock.timers;
    const here = positionOf(room);
    const waiting = room.poll(here, new Set([ETH]), 25_000, NEVER);
    await tick(BTC, 2);
    clock.pass(24_000);
    await tick(ETH, 3);
    expect((await waiting).ticks.map(({ price }) => price)).toEqual([3]);
    const inVain = room.poll(positionOf(room), undefined, 25_000, NEVER);
    await turn();
    clock.pass(25_000);
    expect((await inVain).ticks).toEqual([]);
    const gone = new AbortController();
    const aborted = room.poll(positionOf(room), undefined, 25_000, gone.signal);
    await turn();
    gone.abort();
    expect((await aborted).ticks).toEqual([]);
    expect(clock.timers).toBe(idle);
  });

  it('gives a large gap by pages, out of log and ring, and moves on over what does not fit', async () => {
    const { room } = await open({ ringTicks: 800 });
    await room.accept(
      Array.from({ length: 3_500 }, (_, index) => ({ symbol: SYMBOLS[index % 3] ?? BTC, price: index + 1 })),
    );
    await expect.poll(() => room.stats().ticks, WITHIN).toBe(3_500);
    for (const filter of [undefined, new Set([ETH])]) {
      const prices: number[] = [];
      let after: LogPosition = [-1, -1, -1];
      for (let pages = 0; pages < 30; pages += 1) {
        const page = await room.poll(after, filter, 0, NEVER);
        expect(page.ticks.length).toBeLessThanOrEqual(1_000);
        if (page.ticks.length === 0) break;
        prices.push(...page.ticks.map(({ price }) => price));
        after = parseLogPosition(page.id) ?? [];
      }
      const due = Array.from({ length: 3_500 }, (_, index) => index + 1).filter(
        (price) => filter?.has(SYMBOLS[(price - 1) % 3] ?? BTC) ?? true,
      );
      expect(prices.toSorted((one, other) => one - other)).toEqual(due);
    }
  });

  it('starts anew from a place that is no longer known', async () => {
    const { room, tick } = await open();
    await tick(BTC, 1);
    expect((await room.poll([77, 77, 77], undefined, 60_000, NEVER)).ticks.map(({ price }) => price)).toEqual([1]);
  });

  it('ends when the room closes', async () => {
    const { room, tick } = await open();
    await tick(BTC, 1);
    const waiting = room.poll(positionOf(room), undefined, 60_000, NEVER);
    await turn();
    await room.close();
    expect((await waiting).ticks).toEqual([]);
  });
});

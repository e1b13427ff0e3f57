/**
 * What every tick log must do, as tests (see the promises in tick-log.ts). An adapter calls `describeTickLog` with a way to
 * open it; what only it does (retention, errors of its technology) it tests itself.
 */
import { type LogPosition, RtdError, type Tick, TickerSymbol } from '@rtd/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoggedTick, TickLog } from '../../src/market/tick-log.ts';

/** A place that one log lives in, empty at first. */
export interface TickLogPlace {
  /** Opens the log that lives there; called again after a close, it finds what was there. */
  open(): Promise<TickLog>;
  /** Called after the last log was closed. */
  remove(): Promise<void>;
}

const WITHIN = { timeout: 15_000, interval: 5 };
const SYMBOLS = ['BTC', 'ETH', 'SOL', 'AAPL', 'MSFT', 'GOOG', 'TSLA', 'NVDA', 'Ünï.cödé-株'];

/** A tick that its price tells from all others. */
export function contractTick(symbol: string, price: number): Tick {
  return {
    symbol: TickerSymbol.parse(symbol),
    price,
    change: -0.25,
    changePercent: 1.5,
    volume: 3,
    timestamp: '2026-01-31T09:00:00.000Z',
  };
}

export function describeTickLog(name: string, newPlace: () => Promise<TickLogPlace>): void {
  describe(`${name} as a tick log`, () => {
    let place: TickLogPlace;
    let log: TickLog;

    beforeEach(async () => {
      place = await newPlace();
      log = await place.open();
    });

    afterEach(async () => {
      await log.close();
      await place.remove();
    });

    async function reopen(): Promise<void> {
      await log.close();
      log = await place.open();
    }

    /** All of a partition from `offset` on, by pages of `limit`. */
    async function readFrom(partition: number, offset: number, limit: number): Promise<LoggedTick[]> {
      const found: LoggedTick[] = [];
      const end = (await log.bounds())[partition]?.next ?? 0;
      let next = offset;
      while (next < end) {
        const page = await log.read(partition, next, limit);
        if (page.kind === 'gone') throw new Error(`offset ${next} is gone`);
        expect(page.ticks.length).toBeLessThanOrEqual(limit);
        expect(page.next).toBeGreaterThan(next);
        found.push(...page.ticks);
        next = page.next;
      }
      return found;
    }

    async function readAll(limit = 1_000): Promise<LoggedTick[]> {
      const bounds = await log.bounds();
      return (await Promise.all(bounds.map(({ earliest }, partition) => readFrom(partition, earliest, limit)))).flat();
    }

    /** What comes out of a tail from `from`, in the order of coming. */
    async function listen(from: LogPosition): Promise<{ readonly heard: LoggedTick[]; close(): void }> {
      const heard: LoggedTick[] = [];
      const tail = await log.tail(from, (ticks) => heard.push(...ticks));
      return { heard, close: () => tail.close() };
    }

    const beginning = (): LogPosition => Array.from({ length: log.partitions }, () => -1);
    const end = async (): Promise<LogPosition> => (await log.bounds()).map(({ next }) => next - 1);
    const pricesOf = (ticks: readonly LoggedTick[], symbol: string): number[] =>
      ticks.filter(({ tick }) => tick.symbol === symbol).map(({ tick }) => tick.price);

    it('is empty when it is new', async () => {
      const bounds = await log.bounds();
      expect(bounds).toHaveLength(log.partitions);
      for (const [partition, { earliest, next }] of bounds.entries()) {
        expect(next).toBe(earliest);
        expect(await log.read(partition, next, 10)).toEqual({ kind: 'page', ticks: [], next });
      }
    });

    it('gives back what was appended, as it was, with offsets that grow', async () => {
      const ticks = SYMBOLS.flatMap((symbol, index) => [
        contractTick(symbol, index + 1),
        contractTick(symbol, index + 100),
      ]);
      await log.append(ticks);
      const all = await readAll();
      expect(all.map(({ tick }) => tick)).toHaveLength(ticks.length);
      for (const symbol of SYMBOLS) {
        const own = all.filter(({ tick }) => tick.symbol === symbol);
        expect(own.map(({ tick }) => tick)).toEqual(ticks.filter((tick) => tick.symbol === symbol));
        expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
      }
      expectGrowingOffsets(all);
    });

    it('carries numbers of any size', async () => {
      const extreme = { ...contractTick('BTC', Number.MAX_VALUE), change: Number.MIN_VALUE, volume: 0.1 + 0.2 };
      await log.append([extreme]);
      expect((await readAll()).map(({ tick }) => tick)).toEqual([extreme]);
    });

    it('keeps a symbol in its partition for ever, and uses several', async () => {
      const symbols = Array.from({ length: 60 }, (_, index) => `SYM${index}`);
      await log.append(symbols.map((symbol) => contractTick(symbol, 1)));
      await reopen();
      await log.append(symbols.map((symbol) => contractTick(symbol, 2)));
      const all = await readAll();
      for (const symbol of symbols) {
        const own = all.filter(({ tick }) => tick.symbol === symbol);
        expect(own).toHaveLength(2);
        expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
      }
      expect(new Set(all.map(({ partition }) => partition)).size).toBe(Math.min(3, log.partitions));
    });

    it('reads from any offset, by pages of any size', async () => {
      await log.append(Array.from({ length: 40 }, (_, index) => contractTick('BTC', index + 1)));
      await log.append(Array.from({ length: 10 }, (_, index) => contractTick('BTC', index + 41)));
      const all = await readAll();
      const partition = all[0]?.partition ?? 0;
      for (const limit of [1, 7, 50]) expect(await readAll(limit)).toEqual(all);
      for (const [index, { offset }] of all.entries()) {
        expect(await readFrom(partition, offset, 20)).toEqual(all.slice(index));
      }
    });

    it('keeps the order of one caller who does not wait', async () => {
      await Promise.all(Array.from({ length: 100 }, (_, index) => log.append([contractTick('ETH', index + 1)])));
      expect(pricesOf(await readAll(), 'ETH')).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    });

    it('takes thousands at once, and none at all', async () => {
      await log.append([]);
      expect(await readAll()).toEqual([]);
      const count = 5_000;
      await log.append(Array.from({ length: count }, (_, index) => contractTick(SYMBOLS[index % 3] ?? '', index + 1)));
      const all = await readAll();
      expect(all).toHaveLength(count);
      for (const symbol of SYMBOLS.slice(0, 3)) {
        const prices = pricesOf(all, symbol);
        expect(prices).toEqual(prices.toSorted((one, other) => one - other));
      }
    });

    it('hands a tail what is there, then what comes', async () => {
      await log.append(SYMBOLS.map((symbol) => contractTick(symbol, 1)));
      const { heard } = await listen(beginning());
      await log.append(SYMBOLS.map((symbol) => contractTick(symbol, 2)));
      await expect.poll(() => heard.length, WITHIN).toBe(2 * SYMBOLS.length);
      for (const symbol of SYMBOLS) expect(pricesOf(heard, symbol)).toEqual([1, 2]);
      expectGrowingOffsets(heard);
    });

    it('begins a tail behind the place that it is given', async () => {
      await log.append(SYMBOLS.map((symbol) => contractTick(symbol, 1)));
      const from = await end();
      await log.append(SYMBOLS.map((symbol) => contractTick(symbol, 2)));
      const { heard } = await listen(from);
      await log.append(SYMBOLS.map((symbol) => contractTick(symbol, 3)));
      await expect.poll(() => heard.length, WITHIN).toBe(2 * SYMBOLS.length);
      for (const symbol of SYMBOLS) expect(pricesOf(heard, symbol)).toEqual([2, 3]);
    });

    it('gives every tail everything once, also those that begin in the middle of a burst', async () => {
      const listeners: LoggedTick[][] = [];
      const appends: Promise<void>[] = [];
      for (let round = 1; round <= 40; round += 1) {
        appends.push(log.append(SYMBOLS.map((symbol) => contractTick(symbol, round))));
        if (round % 8 === 0) listeners.push((await listen(beginning())).heard);
      }
      await Promise.all(appends);
      const rounds = Array.from({ length: 40 }, (_, index) => index + 1);
      for (const heard of listeners) {
        await expect.poll(() => heard.length, WITHIN).toBe(40 * SYMBOLS.length);
        for (const symbol of SYMBOLS) expect(pricesOf(heard, symbol)).toEqual(rounds);
        expectGrowingOffsets(heard);
      }
    });

    it('hands nothing to a tail that was closed', async () => {
      const from = await end();
      const closed = await listen(from);
      const open = await listen(from);
      closed.close();
      closed.close();
      await log.append([contractTick('BTC', 1)]);
      await expect.poll(() => open.heard.length, WITHIN).toBe(1);
      expect(closed.heard).toEqual([]);
    });

    it('has everything after it was closed and opened again, and gives no offset twice', async () => {
      await log.append(SYMBOLS.map((symbol) => contractTick(symbol, 1)));
      const before = await readAll();
      const position = await end();
      await reopen();
      expect(await readAll()).toEqual(before);
      const { heard } = await listen(position);
      await log.append(SYMBOLS.map((symbol) => contractTick(symbol, 2)));
      await expect.poll(() => heard.length, WITHIN).toBe(SYMBOLS.length);
      for (const { partition, offset } of heard) expect(offset).toBeGreaterThan(position[partition] ?? -1);
      expect(await readAll()).toHaveLength(2 * SYMBOLS.length);
    });

    it('finishes what was begun when it is closed, and refuses what comes later', async () => {
      const appends = Array.from({ length: 20 }, (_, index) => log.append([contractTick('BTC', index + 1)]));
      const [results] = await Promise.all([Promise.allSettled(appends), log.close()]);
      await log.close();
      const unavailable = expect.objectContaining({ name: RtdError.name, code: 'UNAVAILABLE' });
      await expect(log.append([contractTick('BTC', 99)])).rejects.toEqual(unavailable);
      await expect(log.bounds()).rejects.toEqual(unavailable);
      await expect(log.read(0, 0, 1)).rejects.toEqual(unavailable);
      await expect(log.check()).rejects.toEqual(unavailable);
      log = await place.open();
      const stored = results.filter(({ status }) => status === 'fulfilled').length;
      expect(stored).toBe(20);
      expect(await readAll()).toHaveLength(stored);
    });

    it('answers a check', async () => {
      await expect(log.check()).resolves.toBeUndefined();
    });
  });
}

/** In a partition offsets only grow. */
function expectGrowingOffsets(ticks: readonly LoggedTick[]): void {
  const last = new Map<number, number>();
  for (const { partition, offset } of ticks) {
    expect(offset).toBeGreaterThan(last.get(partition) ?? -1);
    last.set(partition, offset);
  }
}

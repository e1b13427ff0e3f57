import { CANDLE_MILLIS, type Candle, CandleInterval, type Tick, TickerSymbol } from '@rtd/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Candles } from './candles.ts';

const BTC = TickerSymbol.parse('BTC');
const START = Date.parse('2026-01-31T09:00:00.000Z');

function tickAt(at: number, price: number, volume = 1, symbol = BTC): Tick {
  return { symbol, price, volume, change: 0, changePercent: 0, timestamp: new Date(at).toISOString() };
}

describe('candles', () => {
  it('have the open, high, low and close of their interval, and the volume of all', () => {
    const candles = new Candles();
    for (const [millis, price, volume] of [
      [0, 10, 1],
      [400, 14, 2],
      [999, 8, 4],
      [1_000, 9, 8],
      [59_999, 11, 16],
      [60_000, 20, 32],
    ] as const) {
      candles.take(tickAt(START + millis, price, volume));
    }
    expect(candles.newest(BTC, '1s', 2)).toEqual([
      { t: START + 59_000, o: 11, h: 11, l: 11, c: 11, v: 16 },
      { t: START + 60_000, o: 20, h: 20, l: 20, c: 20, v: 32 },
    ]);
    expect(candles.newest(BTC, '1s', 100)[0]).toEqual({ t: START, o: 10, h: 14, l: 8, c: 8, v: 7 });
    expect(candles.newest(BTC, '1m', 100)).toEqual([
      { t: START, o: 10, h: 14, l: 8, c: 11, v: 31 },
      { t: START + 60_000, o: 20, h: 20, l: 20, c: 20, v: 32 },
    ]);
    expect(candles.newest(BTC, '1h', 100)).toEqual([{ t: START, o: 10, h: 20, l: 8, c: 20, v: 63 }]);
    expect(candles.newest(TickerSymbol.parse('ETH'), '1h', 100)).toEqual([]);
  });

  it('are, for any times in any order, what grouping the ticks by interval gives', () => {
    const ticks = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 20_000 }), price: fc.integer({ min: 1, max: 99 }) }),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(ticks, (steps) => {
        const candles = new Candles();
        for (const { at, price } of steps) candles.take(tickAt(START + at, price));
        for (const interval of CandleInterval.options) {
          const length = CANDLE_MILLIS[interval];
          const groups = Map.groupBy(steps, ({ at }) => Math.floor((START + at) / length) * length);
          const expected: Candle[] = [...groups]
            .map(([t, own]) => ({
              t,
              o: own[0]?.price ?? 0,
              h: Math.max(...own.map(({ price }) => price)),
              l: Math.min(...own.map(({ price }) => price)),
              c: own.at(-1)?.price ?? 0,
              v: own.length,
            }))
            .toSorted((one, other) => one.t - other.t);
          expect(candles.newest(BTC, interval, 1_000)).toEqual(expected);
        }
      }),
    );
  });

  it('are bounded a series: the oldest goes, and what is older than all that is kept does not come in', () => {
    const candles = new Candles();
    for (let second = 0; second < 1_000; second += 1) candles.take(tickAt(START + second * 1_000, 5));
    const kept = candles.newest(BTC, '1s', 10_000);
    expect(kept).toHaveLength(600);
    expect(kept[0]?.t).toBe(START + 400_000);
    candles.take(tickAt(START, 99));
    expect(candles.newest(BTC, '1s', 10_000)).toEqual(kept);
  });

  it('are bounded in all', () => {
    const candles = new Candles(100);
    for (let second = 0; second < 400; second += 1) {
      candles.take(tickAt(START + second * 1_000, 5, 1, TickerSymbol.parse(`S${second % 7}`)));
    }
    expect(candles.count).toBeLessThanOrEqual(100 + 7 * 4);
    for (let index = 0; index < 7; index += 1) {
      const symbol = TickerSymbol.parse(`S${index}`);
      const newest = Math.max(...Array.from({ length: 400 }, (_, second) => (second % 7 === index ? second : -1)));
      expect(candles.newest(symbol, '1s', 1)[0]?.t).toBe(START + newest * 1_000);
    }
  });
});

import { Tick, TickerSymbol } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { randomFromSeed } from '../random.ts';
import { DEFAULT_SYMBOLS, type Instrument, instrumentOf, symbolNames } from './instruments.ts';
import { createMarket, type MarketOptions, TRADING_SECONDS_A_YEAR } from './market.ts';
import { SCENARIOS } from './scenario.ts';

const START = Date.parse('2026-03-02T09:00:00.000Z');
const symbols = DEFAULT_SYMBOLS.map((name) => TickerSymbol.parse(name));
const instruments = symbols.map(instrumentOf);

const marketOf = (seed: string, options: Partial<MarketOptions> = {}) =>
  createMarket({ instruments, random: randomFromSeed(seed), rate: 100, volatility: 1, start: START, ...options });

const takeAll = (market: ReturnType<typeof marketOf>, until: number): Tick[] =>
  market.take(until, Number.MAX_SAFE_INTEGER);

/** The last price of each symbol at the end of each of `count` intervals: one row an interval. */
function sampled(market: ReturnType<typeof marketOf>, count: number, intervalMillis: number): Map<string, number>[] {
  const last = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    for (const tick of takeAll(market, START + (index + 1) * intervalMillis)) last.set(tick.symbol, tick.price);
    return new Map(last);
  });
}

const returnsOf = (rows: readonly Map<string, number>[], symbol: string): number[] =>
  rows.slice(1).map((row, index) => Math.log((row.get(symbol) ?? 0) / (rows[index]?.get(symbol) ?? 0)));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));
const correlation = (a: readonly number[], b: readonly number[]): number =>
  mean(a.map((value, index) => (value - mean(a)) * ((b[index] ?? 0) - mean(b)))) / Math.sqrt(variance(a) * variance(b));

describe('createMarket', () => {
  it('gives the same ticks for the same seed, however they are taken', () => {
    const whole = takeAll(marketOf('7'), START + 20_000);
    const market = marketOf('7');
    const pieces: Tick[] = [];
    for (let now = START; now <= START + 20_000; now += 137) pieces.push(...market.take(now, 3));
    while (pieces.length < whole.length) pieces.push(...market.take(START + 20_000, 5));
    expect(pieces).toEqual(whole);
    expect(takeAll(marketOf('8'), START + 20_000)).not.toEqual(whole);
  });

  it('keeps the rate that was asked for, at irregular moments that never go back', () => {
    const ticks = takeAll(marketOf('rate', { rate: 250 }), START + 40_000);
    expect(Math.abs(ticks.length - 250 * 40)).toBeLessThanOrEqual(1);
    const times = ticks.map((tick) => Date.parse(tick.timestamp));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times.slice(1).map((time, index) => time - (times[index] ?? 0))).size).toBeGreaterThan(3);
  });

  it('shows every symbol once before any a second time, at its opening price or next to it', () => {
    const ticks = takeAll(marketOf('first'), START + 80);
    expect(ticks.slice(0, 8).map((tick) => tick.symbol)).toEqual(symbols);
  });

  it('writes ticks that the protocol accepts, with the change since the session opened', () => {
    for (const tick of takeAll(marketOf('change', { volatility: 20 }), START + 60_000)) {
      expect(Tick.parse(tick)).toEqual(tick);
      const open = instrumentOf(tick.symbol).price;
      // All three are rounded to hundredths, so that they may be off by one of them.
      expect(Math.abs(tick.price - open - tick.change)).toBeLessThan(0.011);
      expect(Math.abs((100 * (tick.price - open)) / open - tick.changePercent)).toBeLessThan(1e-4);
    }
  });

  it('opens a new session at midnight UTC, at the last price of the old one', () => {
    const midnight = Date.parse('2026-03-03T00:00:00.000Z');
    const market = marketOf('midnight', { start: midnight - 10_000, volatility: 10 });
    const before = new Map(takeAll(market, midnight - 1).map((tick) => [tick.symbol, tick]));
    const after = takeAll(market, midnight + 10_000);
    for (const tick of after) {
      expect(tick.change).toBeCloseTo(tick.price - (before.get(tick.symbol)?.price ?? 0), 6);
    }
    expect([...before.values()].some((tick) => tick.change !== 0)).toBe(true);
  });

  it('goes on from where a symbol stood', () => {
    const [btc] = symbols;
    if (btc === undefined) throw new Error('no symbol');
    const market = marketOf('standing', {
      volatility: 0,
      standings: new Map([[btc, { price: 50_000, open: 40_000 }]]),
    });
    const [first] = takeAll(market, START + 100);
    expect(first).toMatchObject({ symbol: 'BTC', price: 50_000, change: 10_000, changePercent: 25 });
  });

  it('stands still when it is delayed, and loses nothing by it', () => {
    const undelayed = takeAll(marketOf('delay'), START + 4_000);
    const market = marketOf('delay');
    const ticks = takeAll(market, START + 1_000);
    market.delay(5_000);
    expect(market.take(START + 5_900, 10)).toEqual([]);
    ticks.push(...takeAll(market, START + 9_000));
    expect(ticks.map(({ symbol, price, volume }) => ({ symbol, price, volume }))).toEqual(
      undelayed.map(({ symbol, price, volume }) => ({ symbol, price, volume })),
    );
  });

  it('does not move without volatility', () => {
    expect(takeAll(marketOf('still', { volatility: 0 }), START + 5_000).every((tick) => tick.change === 0)).toBe(true);
  });
});

describe('statistics', () => {
  // Intervals of 120 s at 10 ticks/s: each of the eight trades some 70 times or more, and what it lags behind at the
  // end of an interval is about 1 % of it. n intervals give a sample variance that strays by sqrt(2/n) of itself, and a
  // correlation that strays by at most 1/sqrt(n); five of those are allowed.
  const n = 1_500;
  const rows = sampled(marketOf('statistics', { rate: 10 }), n + 1, 120_000);
  const stray = 5 / Math.sqrt(n);
  const lag = 0.03;

  it.each(instruments)('$symbol has the volatility that its instrument says', (instrument: Instrument) => {
    const expected = (instrument.volatility ** 2 * 120) / TRADING_SECONDS_A_YEAR;
    const ratio = variance(returnsOf(rows, instrument.symbol)) / expected;
    expect(Math.abs(ratio - 1)).toBeLessThan(stray * Math.SQRT2);
  });

  const pairs = instruments.flatMap((a, index) => instruments.slice(index + 1).map((b) => ({ a, b })));
  it.each(pairs)('$a.symbol and $b.symbol move together as their factors say', ({ a, b }) => {
    const shared = a.sector === b.sector ? a.sectorShare * b.sectorShare : 0;
    const expected = a.market * b.market + shared;
    const measured = correlation(returnsOf(rows, a.symbol), returnsOf(rows, b.symbol));
    expect(Math.abs(measured - expected)).toBeLessThan(stray + lag);
  });

  it('lets nothing drift: the mean of the final price is the first one', () => {
    // 1,600 markets over an hour at 60 times the usual volatility. A price that ends at P·exp(s·Z - s²/2) has mean P and
    // standard deviation P·sqrt(exp(s²) - 1); the mean of 1,600 strays from P by less than five 40ths of that.
    const btc = instrumentOf(TickerSymbol.parse('BTC'));
    const seconds = 3_600;
    const s = btc.volatility * 60 * Math.sqrt(seconds / TRADING_SECONDS_A_YEAR);
    const bound = (5 / 40) * Math.sqrt(Math.exp(s * s) - 1);
    const finals = Array.from({ length: 1_600 }, (_, index) => {
      const market = marketOf(`drift ${index}`, { instruments: [btc], rate: 0.02, volatility: 60 });
      return takeAll(market, START + seconds * 1_000).at(-1)?.price ?? 0;
    });
    expect(Math.abs(mean(finals) / btc.price - 1)).toBeLessThan(bound);
    // Without the -s²/2 the mean would be off by this factor, which the bound must be able to tell.
    expect(Math.exp((s * s) / 2) - 1).toBeGreaterThan(bound);
  });

  it('trades more when a price moves more than usual', () => {
    const ticks = takeAll(marketOf('volume', { rate: 50 }), START + 400_000).filter((tick) => tick.symbol === 'AAPL');
    const moves = ticks.slice(1).map((tick, index) => ({
      move: Math.abs(tick.price - (ticks[index]?.price ?? tick.price)),
      volume: tick.volume,
    }));
    const byMove = moves.toSorted((a, b) => a.move - b.move).map((entry) => entry.volume);
    const third = Math.floor(byMove.length / 3);
    expect(mean(byMove.slice(-third))).toBeGreaterThan(mean(byMove.slice(0, third)));
  });
});

describe('instruments', () => {
  it('share no more than all of their return', () => {
    for (const instrument of symbolNames(500).map((name) => instrumentOf(TickerSymbol.parse(name)))) {
      expect(instrument.market ** 2 + instrument.sectorShare ** 2).toBeLessThanOrEqual(1);
      expect(instrument.price).toBeGreaterThan(0);
      expect(instrument).toEqual(instrumentOf(instrument.symbol));
    }
  });

  it('are named: the listed ones first, then by number', () => {
    expect(symbolNames(2)).toEqual(['BTC', 'ETH']);
    expect(symbolNames(10).slice(7)).toEqual(['OIL', 'S0009', 'S0010']);
    expect(new Set(symbolNames(1_000)).size).toBe(1_000);
  });
});

describe('scenarios', () => {
  const minutes = 60_000;
  /** Log return of each symbol since its listed price, at a moment; no noise of its own. */
  const returnAt = (scenario: keyof typeof SCENARIOS, millis: number): ReadonlyMap<string, number> => {
    const market = marketOf('shock', { volatility: 0, scenario: SCENARIOS[scenario] });
    return new Map(
      takeAll(market, START + millis).map(({ symbol, price }): [string, number] => [
        symbol,
        Math.log(price / instrumentOf(symbol).price),
      ]),
    );
  };

  it('a crash is calm first, hits each as hard as it hangs on the market, and is partly made good', () => {
    for (const change of returnAt('crash', 4_900).values()) expect(Math.abs(change)).toBeLessThan(1e-3);
    const low = returnAt('crash', 40_000);
    const [btc = 0, gold = 0, oil = 0] = ['BTC', 'GOLD', 'OIL'].map((symbol) => low.get(symbol));
    expect(btc).toBeLessThan(-0.12);
    expect(oil).toBeLessThan(-0.04);
    expect(oil).toBeGreaterThan(btc);
    expect(gold).toBeGreaterThan(0);
    const later = returnAt('crash', 4 * minutes).get('BTC') ?? 0;
    expect(later).toBeGreaterThan(btc * 0.75);
    expect(later).toBeLessThan(btc * 0.6);
  });

  it('a rally rises, and stays', () => {
    const high = returnAt('rally', 70_000).get('NVDA') ?? 0;
    expect(high).toBeGreaterThan(0.08);
    expect(returnAt('rally', 5 * minutes).get('NVDA')).toBeCloseTo(high, 3);
  });

  it('an open begins elsewhere than the last price, wild and with large trades, and calms down', () => {
    const gaps = [...returnAt('open', 1_000).values()].map(Math.abs);
    expect(gaps.filter((gap) => gap > 0.001).length).toBeGreaterThan(4);
    const market = marketOf('open', { scenario: SCENARIOS.open });
    const rows = sampled(market, 240, 1_000);
    const wild = variance(returnsOf(rows.slice(0, 20), 'BTC'));
    const calm = variance(returnsOf(rows.slice(200), 'BTC'));
    expect(wild).toBeGreaterThan(10 * calm);
  });

  it('gives the same ticks for the same seed', () => {
    const once = (): Tick[] => takeAll(marketOf('same', { scenario: SCENARIOS.open }), START + 5_000);
    expect(once()).toEqual(once());
  });
});

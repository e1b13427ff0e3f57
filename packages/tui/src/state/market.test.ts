import { describe, expect, it } from 'vitest';
import { NOON, tick } from '../../test/messages.ts';
import { EMPTY_MARKET, MAX_SAMPLES, type Market, type MarketEvent, reduceMarket } from './market.ts';

const after = (...events: readonly MarketEvent[]): Market => events.reduce(reduceMarket, EMPTY_MARKET);
const ticks = (now: number, ...prices: readonly number[]): MarketEvent => ({
  kind: 'ticks',
  now,
  ticks: prices.map((price) => tick('BTC', price)),
});

describe('quotes', () => {
  it('know which way the price went last, and when', () => {
    const quote = after(ticks(NOON, 10), ticks(NOON + 1_000, 12), ticks(NOON + 2_000, 12)).get('BTC');
    expect(quote).toMatchObject({ moved: 'up', movedAt: NOON + 1_000, at: NOON + 2_000 });
    expect(after(ticks(NOON, 10, 9)).get('BTC')?.moved).toBe('down');
  });

  it('keep one price a second, the last one, and repeat it where nothing came', () => {
    const quote = after(ticks(NOON, 1, 2), ticks(NOON + 999, 3), ticks(NOON + 1_000, 4), ticks(NOON + 4_000, 5));
    expect(quote.get('BTC')?.samples).toEqual([3, 4, 4, 4, 5]);
  });

  it('keep a bounded past, however long nothing came', () => {
    const quote = after(ticks(NOON, 1), ticks(NOON + 86_400_000, 2)).get('BTC');
    expect(quote?.samples.length).toBeLessThanOrEqual(MAX_SAMPLES);
    expect(quote?.samples.at(-1)).toBe(2);
  });

  it('out of a snapshot are as old as they say, live ones are from now', () => {
    const now = NOON + 60_000;
    expect(after({ kind: 'snapshot', ticks: [tick('BTC', 1)], now }).get('BTC')?.at).toBe(NOON);
    expect(after({ kind: 'ticks', ticks: [tick('BTC', 1)], now }).get('BTC')?.at).toBe(now);
  });

  it('get their past put before what was seen live', () => {
    const live = ticks(NOON, 10);
    const past: MarketEvent = { kind: 'past', symbol: 'BTC', prices: [7, 8, 9], until: NOON };
    expect(after(live, past).get('BTC')?.samples).toEqual([7, 8, 9, 10]);
    expect(after(past)).toBe(EMPTY_MARKET);
  });
});

it('keeps symbols in the order in which they came', () => {
  const market = after({ kind: 'snapshot', ticks: [tick('B', 1), tick('A', 1)], now: NOON }, ticks(NOON, 3));
  expect([...market.keys()]).toEqual(['B', 'A', 'BTC']);
});

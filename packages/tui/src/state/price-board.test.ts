import type { Tick } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { NOON, tick } from '../../test/messages.ts';
import { EMPTY_MARKET, reduceMarket } from './market.ts';
import {
  chosenSymbol,
  listedQuotes,
  PLAIN_BOARD,
  type PriceBoard,
  type PriceBoardEvent,
  reducePriceBoard,
} from './price-board.ts';

const ticks: readonly Tick[] = [
  { ...tick('BTC', 100, 1), volume: 5 },
  { ...tick('ETH', 300, -2), volume: 9 },
  { ...tick('GOLD', 200, 3), volume: 7 },
];
const market = reduceMarket(EMPTY_MARKET, { kind: 'snapshot', ticks, now: NOON });
const after = (...events: readonly PriceBoardEvent[]): PriceBoard =>
  events.reduce((board, event) => reducePriceBoard(board, event, market), PLAIN_BOARD);
const symbols = (board: PriceBoard): string[] => listedQuotes(market, board).map(({ tick: { symbol } }) => symbol);

describe('the table', () => {
  it.each([
    ['seen', ['BTC', 'ETH', 'GOLD']],
    ['symbol', ['BTC', 'ETH', 'GOLD']],
    ['price', ['ETH', 'GOLD', 'BTC']],
    ['change', ['GOLD', 'BTC', 'ETH']],
    ['volume', ['ETH', 'GOLD', 'BTC']],
  ] as const)('by %s', (by, expected) => {
    expect(symbols(after({ kind: 'sorted', by }))).toEqual(expected);
    expect(symbols(after({ kind: 'sorted', by, reversed: true }))).toEqual([...expected].reverse());
  });

  it('shows what is watched and what fits the filter; the mark stays on a row that is shown', () => {
    const board = after({ kind: 'moved', by: 1 });
    expect(chosenSymbol(market, board)).toBe('ETH');
    const found = reducePriceBoard(board, { kind: 'filtered', filter: 'OL', filtering: true }, market);
    expect(symbols(found)).toEqual(['GOLD']);
    expect(chosenSymbol(market, found)).toBe('GOLD');
    expect(symbols(after({ kind: 'watched', symbols: ['BTC', 'GOLD'] }))).toEqual(['BTC', 'GOLD']);
    expect(chosenSymbol(market, after({ kind: 'moved', by: 99 }))).toBe('GOLD');
  });
});

describe('a chart', () => {
  const candle = (t: number, c: number) => ({ t, o: c, h: c, l: c, c, v: 1 });
  const candles: PriceBoardEvent = {
    kind: 'candles',
    symbol: 'BTC',
    interval: '1m',
    candles: [candle(NOON - 60_000, 90), candle(NOON, 95)],
  };
  const ready = [{ kind: 'chart-opened', symbol: 'BTC', interval: '1m' }, candles] as const;
  const heard = (price: number, now: number): PriceBoardEvent => ({
    kind: 'ticks',
    ticks: [tick('BTC', price), tick('ETH', 1)],
    now,
  });

  it('grows with what is paid, and begins a candle with each interval', () => {
    const { chart } = after(...ready, heard(99, NOON + 1_000), heard(80, NOON + 59_999), heard(85, NOON + 60_000));
    expect(chart?.candles.slice(1)).toEqual([
      { t: NOON, o: 95, h: 99, l: 80, c: 80, v: 1 },
      { t: NOON + 60_000, o: 85, h: 85, l: 85, c: 85, v: 0 },
    ]);
  });

  it('takes no candles of another symbol or interval', () => {
    const { chart } = after({ kind: 'chart-opened', symbol: 'BTC', interval: '1s' }, candles);
    expect(chart).toMatchObject({ state: 'loading', candles: [] });
  });

  it('has a crosshair that moves from candle to candle, stops at the ends, and stays on its candle', () => {
    const left: PriceBoardEvent = { kind: 'crosshair-moved', by: -1 };
    expect(after(...ready, left).chart?.crosshair).toBe(NOON);
    expect(after(...ready, left, left, left).chart?.crosshair).toBe(NOON - 60_000);
    expect(after(...ready, left, heard(1, NOON + 60_000)).chart?.crosshair).toBe(NOON);
  });
});

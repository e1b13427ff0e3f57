/**
 * How prices are looked at: which row is chosen, in what order they stand, which of them are shown, and the chart that is
 * open. Pure: events in, the next value out.
 */
import { CANDLE_MILLIS, type Candle, type CandleInterval, type Tick } from '@rtd/protocol';
import type { Market, Quote } from './market.ts';

export type SortBy = 'seen' | 'symbol' | 'price' | 'change' | 'volume';

export interface Chart {
  readonly symbol: string;
  readonly style: 'candles' | 'line';
  readonly interval: CandleInterval;
  /** Oldest first. */
  readonly candles: readonly Candle[];
  readonly state: 'loading' | 'ready' | 'failed';
  /** The candle that is asked about, by the start of its interval; undefined: none. */
  readonly crosshair: number | undefined;
}

export interface PriceBoard {
  /** The row with the mark; the first when undefined, or when it is not shown. */
  readonly chosen: string | undefined;
  readonly sortBy: SortBy;
  readonly reversed: boolean;
  /** Symbols that have this in their name; all when empty. */
  readonly filter: string;
  /** Keys go into the filter. */
  readonly filtering: boolean;
  /** The only symbols that are wanted; all when empty. */
  readonly watched: readonly string[];
  readonly chart: Chart | undefined;
}

export type PriceBoardEvent =
  /** The row so many below the chosen one. */
  | { readonly kind: 'moved'; readonly by: number }
  | { readonly kind: 'sorted'; readonly by?: SortBy | undefined; readonly reversed?: boolean | undefined }
  | { readonly kind: 'filtered'; readonly filter: string; readonly filtering: boolean }
  | { readonly kind: 'watched'; readonly symbols: readonly string[] }
  | { readonly kind: 'chart-opened'; readonly symbol: string; readonly interval?: CandleInterval | undefined }
  | { readonly kind: 'chart-closed' }
  | { readonly kind: 'chart-styled' }
  | { readonly kind: 'crosshair-moved'; readonly by: number }
  | { readonly kind: 'crosshair-hidden' }
  | {
      readonly kind: 'candles';
      readonly symbol: string;
      readonly interval: CandleInterval;
      /** Undefined: they could not be had. */
      readonly candles: readonly Candle[] | undefined;
    }
  | { readonly kind: 'ticks'; readonly ticks: readonly Tick[]; readonly now: number };

export const SORTS: readonly SortBy[] = ['seen', 'symbol', 'price', 'change', 'volume'];
/** More than the widest terminal has columns for. */
export const MAX_CANDLES = 500;

export const PLAIN_BOARD: PriceBoard = {
  chosen: undefined,
  sortBy: 'seen',
  reversed: false,
  filter: '',
  filtering: false,
  watched: [],
  chart: undefined,
};

/** The quotes as they stand in the table. */
export function listedQuotes(market: Market, board: PriceBoard): readonly Quote[] {
  const { filter, watched, sortBy, reversed } = board;
  const wanted = filter.toLowerCase();
  const only = new Set(watched);
  const shown = [...market.values()].filter(
    ({ tick }) => (only.size === 0 || only.has(tick.symbol)) && tick.symbol.toLowerCase().includes(wanted),
  );
  const order = ORDERS[sortBy];
  if (order !== undefined) shown.sort(order);
  return reversed ? shown.reverse() : shown;
}

/** Numbers begin with the largest, names with the first. */
const ORDERS: Readonly<Record<SortBy, ((a: Quote, b: Quote) => number) | undefined>> = {
  seen: undefined,
  symbol: (a, b) => (a.tick.symbol < b.tick.symbol ? -1 : 1),
  price: (a, b) => b.tick.price - a.tick.price,
  change: (a, b) => b.tick.changePercent - a.tick.changePercent,
  volume: (a, b) => b.tick.volume - a.tick.volume,
};

/** The symbol with the mark; undefined where nothing is shown. */
export function chosenSymbol(market: Market, board: PriceBoard): string | undefined {
  const symbols = listedQuotes(market, board).map(({ tick }) => tick.symbol);
  const { chosen } = board;
  return chosen !== undefined && symbols.some((symbol) => symbol === chosen) ? chosen : symbols[0];
}

export function reducePriceBoard(board: PriceBoard, event: PriceBoardEvent, market: Market): PriceBoard {
  switch (event.kind) {
    case 'moved': {
      const symbols: readonly string[] = listedQuotes(market, board).map(({ tick }) => tick.symbol);
      const at = symbols.indexOf(chosenSymbol(market, board) ?? '');
      const chosen = symbols[Math.min(symbols.length - 1, Math.max(0, at + event.by))];
      return chosen === board.chosen ? board : { ...board, chosen };
    }
    case 'sorted':
      return { ...board, sortBy: event.by ?? board.sortBy, reversed: event.reversed ?? board.reversed };
    case 'filtered':
      return { ...board, filter: event.filter, filtering: event.filtering };
    case 'watched':
      return { ...board, watched: event.symbols };
    case 'chart-opened': {
      const { symbol } = event;
      const interval = event.interval ?? board.chart?.interval ?? '1m';
      const style = board.chart?.style ?? 'candles';
      const chart: Chart = { symbol, style, interval, candles: [], state: 'loading', crosshair: undefined };
      return { ...board, chosen: symbol, chart };
    }
    case 'chart-closed':
      return board.chart === undefined ? board : { ...board, chart: undefined };
    case 'chart-styled':
      return withChart(board, (chart) => ({ ...chart, style: chart.style === 'candles' ? 'line' : 'candles' }));
    case 'crosshair-moved':
      return withChart(board, (chart) => {
        const times = chart.candles.map(({ t }) => t);
        const at =
          chart.crosshair === undefined ? times.length - (event.by < 0 ? 0 : 1) : times.indexOf(chart.crosshair);
        return { ...chart, crosshair: times[Math.min(times.length - 1, Math.max(0, at + event.by))] };
      });
    case 'crosshair-hidden':
      return withChart(board, (chart) => ({ ...chart, crosshair: undefined }));
    case 'candles':
      return withChart(board, (chart) => {
        if (chart.symbol !== event.symbol || chart.interval !== event.interval) return chart;
        if (event.candles === undefined) return chart.state === 'ready' ? chart : { ...chart, state: 'failed' };
        return { ...chart, candles: event.candles.slice(-MAX_CANDLES), state: 'ready' };
      });
    case 'ticks':
      return withChart(board, (chart) => {
        const own = event.ticks.filter(({ symbol }) => symbol === chart.symbol);
        if (own.length === 0 || chart.state !== 'ready') return chart;
        return {
          ...chart,
          candles: own.reduce((candles, tick) => grown(candles, tick.price, chart.interval, event.now), chart.candles),
        };
      });
  }
}

function withChart(board: PriceBoard, change: (chart: Chart) => Chart): PriceBoard {
  if (board.chart === undefined) return board;
  const chart = change(board.chart);
  return chart === board.chart ? board : { ...board, chart };
}

/** With a price that was paid at `now`; the volume is the server's to say. */
function grown(candles: readonly Candle[], price: number, interval: CandleInterval, now: number): readonly Candle[] {
  const t = Math.floor(now / CANDLE_MILLIS[interval]) * CANDLE_MILLIS[interval];
  const last = candles.at(-1);
  if (last === undefined || last.t < t) {
    return [...candles, { t, o: price, h: price, l: price, c: price, v: 0 }].slice(-MAX_CANDLES);
  }
  return candles.with(-1, { ...last, h: Math.max(last.h, price), l: Math.min(last.l, price), c: price });
}

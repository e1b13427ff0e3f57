/** What is known of prices: the latest tick of each symbol and how it came here. Pure: events in, the next value out. */
import type { Tick } from '@rtd/protocol';

export interface Quote {
  readonly tick: Tick;
  /** Direction of the last change of price that was seen. */
  readonly moved: 'up' | 'down' | 'not';
  /** When the price changed last, as far as seen; epoch milliseconds, 0 when never. */
  readonly movedAt: number;
  /** From when this tick is, by this machine's clock; epoch milliseconds. */
  readonly at: number;
  /** Prices at even steps of {@link SAMPLE_MILLIS}, the newest last; the last one is still moving. */
  readonly samples: readonly number[];
  /** Which step the last sample belongs to. */
  readonly step: number;
}

/** Symbol -> quote, in the order in which symbols were seen first. */
export type Market = ReadonlyMap<string, Quote>;

export type MarketEvent =
  | { readonly kind: 'snapshot'; readonly ticks: readonly Tick[]; readonly now: number }
  | { readonly kind: 'ticks'; readonly ticks: readonly Tick[]; readonly now: number }
  /** Closing prices of the past, oldest first, one each {@link SAMPLE_MILLIS} up to `until` (epoch milliseconds). */
  | { readonly kind: 'past'; readonly symbol: string; readonly prices: readonly number[]; readonly until: number };

/** Time between two samples. */
export const SAMPLE_MILLIS = 1_000;
/** What is kept of them: five minutes. */
export const MAX_SAMPLES = 300;
/** Symbols held; a server that has more is shown in part. */
export const MAX_SYMBOLS = 1_000;

export const EMPTY_MARKET: Market = new Map();

export function reduceMarket(market: Market, event: MarketEvent): Market {
  switch (event.kind) {
    case 'snapshot':
    case 'ticks': {
      if (event.ticks.length === 0) return market;
      const next = new Map(market);
      const isLive = event.kind === 'ticks';
      for (const tick of event.ticks) {
        if (!next.has(tick.symbol) && next.size >= MAX_SYMBOLS) continue;
        next.set(tick.symbol, quoteAfter(next.get(tick.symbol), tick, event.now, isLive));
      }
      return next;
    }
    case 'past': {
      const quote = market.get(event.symbol);
      if (quote === undefined) return market;
      const lastPast = stepOf(event.until);
      // What was seen live wins over what was asked for.
      const seenSince = Math.min(quote.samples.length, Math.max(1, quote.step - lastPast));
      const samples = [...event.prices, ...quote.samples.slice(-seenSince)].slice(-MAX_SAMPLES);
      return new Map(market).set(event.symbol, { ...quote, samples });
    }
  }
}

function stepOf(millis: number): number {
  return Math.floor(millis / SAMPLE_MILLIS);
}

function quoteAfter(before: Quote | undefined, tick: Tick, now: number, isLive: boolean): Quote {
  // A live tick is from now, whatever the server's clock says; one out of a snapshot may be old.
  const at = isLive ? now : Math.min(now, Date.parse(tick.timestamp));
  const step = stepOf(now);
  if (before === undefined) return { tick, moved: 'not', movedAt: 0, at, samples: [tick.price], step };
  const change = tick.price - before.tick.price;
  const moves = change !== 0;
  return {
    tick,
    at,
    moved: moves ? (change > 0 ? 'up' : 'down') : before.moved,
    movedAt: moves ? now : before.movedAt,
    samples: sampled(before, tick.price, step),
    step,
  };
}

function sampled({ samples, step: lastStep, tick }: Quote, price: number, step: number): readonly number[] {
  const passed = Math.min(MAX_SAMPLES, Math.max(0, step - lastStep));
  if (passed === 0) return [...samples.slice(0, -1), price];
  const stood = new Array<number>(passed - 1).fill(tick.price);
  return [...samples, ...stood, price].slice(-MAX_SAMPLES);
}

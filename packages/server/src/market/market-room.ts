/** What the gateway may ask of the market. One object behind it, made by `createMarketRoom` (create-market-room.ts). */
import type { Candle, CandleInterval, LogPosition, MarketPoll, Tick, TickerSymbol, TickInput } from '@rtd/protocol';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { TopicSubscription } from '../fan-out/topic.ts';

/** A tick and the place in the log right after it: the SSE id that resumes behind it. */
export interface PlacedTick {
  readonly tick: Tick;
  readonly position: LogPosition;
}

/** Undefined: every symbol. */
export type SymbolFilter = ReadonlySet<TickerSymbol> | undefined;

export interface MarketRoom {
  /** All or nothing; resolves with the count once the log has them. @throws RtdError UNAVAILABLE when the log cannot take them. */
  accept(ticks: readonly TickInput[]): Promise<number>;
  /** The latest tick of every symbol, by symbol, and the place that it stands for. */
  snapshot(filter?: SymbolFilter): { readonly ticks: readonly Tick[]; readonly position: LogPosition };
  /** Oldest first; at most `limit`, the newest ones. */
  candles(symbol: TickerSymbol, interval: CandleInterval, limit: number): readonly Candle[];
  /** Every later tick that fits the filter. `conflateMillis` > 0: at most one tick a symbol in that time, the newest. */
  subscribe(subscriber: Subscriber<PlacedTick>, filter: SymbolFilter, conflateMillis: number): TopicSubscription;
  /**
   * Resumes behind `from`: every tick after it, in order, each once, then live (from the ring if it reaches back far
   * enough, else out of the log). `reset` when the place is unknown or too old: nothing is subscribed then.
   */
  resume(
    from: LogPosition,
    subscriber: Subscriber<PlacedTick>,
    filter: SymbolFilter,
    conflateMillis: number,
  ): Promise<
    | { readonly kind: 'resumed'; readonly subscription: TopicSubscription }
    | { readonly kind: 'reset'; readonly reason: string }
  >;
  /** At once when there is something behind `after`, else waits up to `waitMillis`; ends early when `signal` aborts. */
  poll(
    after: LogPosition | undefined,
    filter: SymbolFilter,
    waitMillis: number,
    signal: AbortSignal,
  ): Promise<MarketPoll>;
}

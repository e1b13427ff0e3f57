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
   * Asks whether the room can go on behind `from`, and writes nothing yet: the gateway says so to its client first, then
   * calls `start`. Known places are those the log still keeps everything behind of; all others are a `reset`.
   * @throws RtdError UNAVAILABLE when the log has to be asked and does not answer.
   */
  resume(from: LogPosition, filter: SymbolFilter, conflateMillis: number): Promise<Resumption>;
  /**
   * At once when there is something behind `after` (oldest first, at most a page; ask again from its `id`), else waits up
   * to `waitMillis`; ends early, empty, when `signal` aborts. Without `after`, and behind a place that a stream would be
   * `reset` from, the answer is the newest tick a symbol.
   */
  poll(
    after: LogPosition | undefined,
    filter: SymbolFilter,
    waitMillis: number,
    signal: AbortSignal,
  ): Promise<MarketPoll>;
  /** For metrics and health; cheap. */
  stats(): MarketStats;
}

/**
 * `start`: every tick behind the place, in order a symbol, each once, then live. A client that cannot take the ticks as
 * fast as they come is conflated to the newest a symbol; conflated subscriptions get the newest a symbol of the gap.
 */
export type Resumption =
  | { readonly kind: 'resumable'; start(subscriber: Subscriber<PlacedTick>): TopicSubscription }
  | { readonly kind: 'reset'; readonly reason: string };

export interface MarketStats {
  readonly symbols: number;
  /** Ticks read from the log since the start, the rebuild not counted. */
  readonly ticks: number;
  readonly subscribers: number;
  /** Epoch milliseconds at which the last tick came in here; undefined before the first. */
  readonly lastTickAt: number | undefined;
}

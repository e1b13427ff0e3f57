/**
 * The market room: takes ticks in, follows the log, and shows what it says as board, candles and streams. Everything that
 * anyone sees has come back out of the log first, so that every server shows the same.
 */
import {
  type Candle,
  type CandleInterval,
  formatLogPosition,
  type LogPosition,
  type MarketPoll,
  RtdError,
  type TickerSymbol,
  type TickInput,
} from '@rtd/protocol';
import type { Clock } from '../clock.ts';
import type { OverflowPolicy, Subscriber } from '../fan-out/subscriber.ts';
import type { Topic, TopicSubscription } from '../fan-out/topic.ts';
import type { Log } from '../telemetry/log.ts';
import { Board } from './board.ts';
import { Candles } from './candles.ts';
import { Feeds } from './feed.ts';
import type { MarketRoom, MarketStats, PlacedTick, Resumption, SymbolFilter } from './market-room.ts';
import { covers, placeAt, type RingTick } from './placed-tick.ts';
import { rebuild } from './rebuild.ts';
import { Replay } from './replay.ts';
import type { ReplayRing } from './replay-ring.ts';
import { type ReplayRoom, ReplaySubscription } from './replay-subscription.ts';
import type { LoggedTick, TickLog, TickLogTail } from './tick-log.ts';
import { millisOf } from './tick-time.ts';
import { Turnstile } from './turnstile.ts';

/** Makes a topic; `createTopic` of fan-out fits. */
export type NewTickTopic = (options: {
  overflow: OverflowPolicy<PlacedTick>;
  budgetBytes: number;
}) => Topic<PlacedTick>;

export interface MarketRoomOptions {
  /** Read and written by the room, closed by who opened it. */
  readonly tickLog: TickLog;
  readonly clock: Clock;
  readonly newTopic: NewTickTopic;
  readonly log: Log;
  /** `SEND_BUFFER_BYTES`: a subscriber with more than this unsent is conflated. */
  readonly budgetBytes: number;
  /** How many different symbols there may be; default 10,000. */
  readonly maxSymbols?: number | undefined;
  /** How many of the newest ticks are at hand to resume from without asking the log; default 50,000. */
  readonly ringTicks?: number | undefined;
}

const MAX_SYMBOLS = 10_000;
const RING_TICKS = 50_000;
/** Ticks in one answer of `poll`. */
const POLL_PAGE = 1_000;
/** Pages of replay that are made at a time, whoever waits. */
const REPLAYS_AT_A_TIME = 8;
const NEWEST_A_SYMBOL: OverflowPolicy<PlacedTick> = { kind: 'conflate', keyOf: ({ tick }) => tick.symbol };

/** Rebuilds board and candles from the log, follows it, and resolves once it is live. @throws RtdError UNAVAILABLE when the log does not answer. */
export async function createMarketRoom(options: MarketRoomOptions): Promise<MarketRoom & { close(): Promise<void> }> {
  const board = new Board(options.maxSymbols ?? MAX_SYMBOLS);
  const candles = new Candles();
  const { ring, position } = await rebuild(options.tickLog, options.ringTicks ?? RING_TICKS, (logged) => {
    const at = millisOf(logged.tick.timestamp);
    if (board.take(logged, at)) candles.take(logged.tick, at);
  });
  const room = new LoggedMarketRoom(options, board, candles, ring, position);
  await room.follow();
  return room;
}

class LoggedMarketRoom implements MarketRoom {
  readonly #options: MarketRoomOptions;
  readonly #board: Board;
  readonly #candles: Candles;
  readonly #ring: ReplayRing;
  readonly #position: number[];
  readonly #feeds: Feeds;
  readonly #turnstile = new Turnstile(REPLAYS_AT_A_TIME);
  /** Told when ticks have come in. */
  readonly #waiting = new Set<() => void>();
  #tail: TickLogTail | undefined;
  #closed = false;
  #ticks = 0;
  #lastTickAt: number | undefined;
  #refusedSymbols = 0;

  constructor(options: MarketRoomOptions, board: Board, candles: Candles, ring: ReplayRing, position: number[]) {
    this.#options = options;
    this.#board = board;
    this.#candles = candles;
    this.#ring = ring;
    this.#position = position;
    const { newTopic, budgetBytes, clock } = options;
    this.#feeds = new Feeds({
      newTopic: () => newTopic({ overflow: NEWEST_A_SYMBOL, budgetBytes }),
      newestBehind: (place, filter) => this.#newestBehind(place, filter),
      clock,
    });
  }

  async follow(): Promise<void> {
    this.#tail = await this.#options.tickLog.tail([...this.#position], (ticks) => this.#take(ticks));
  }

  async accept(inputs: readonly TickInput[]): Promise<number> {
    const completed = this.#board.complete(inputs, this.#options.clock.now());
    if (completed === undefined) {
      const most = this.#options.maxSymbols ?? MAX_SYMBOLS;
      throw new RtdError('VALIDATION', `These ticks would make more than ${most} symbols; nothing was stored.`);
    }
    try {
      await this.#options.tickLog.append(completed.ticks);
    } catch (error) {
      completed.withdraw();
      throw error;
    }
    return completed.ticks.length;
  }

  snapshot(filter?: SymbolFilter): ReturnType<MarketRoom['snapshot']> {
    return { ticks: this.#board.ticks(filter), position: this.#position.slice() };
  }

  candles(symbol: TickerSymbol, interval: CandleInterval, limit: number): readonly Candle[] {
    return this.#candles.newest(symbol, interval, limit);
  }

  subscribe(subscriber: Subscriber<PlacedTick>, filter: SymbolFilter, conflateMillis: number): TopicSubscription {
    return this.#feeds.subscribe(subscriber, filter, conflateMillis, this.#position.slice());
  }

  async resume(from: LogPosition, filter: SymbolFilter, conflateMillis: number): Promise<Resumption> {
    const reason = await this.#whyNotBehind(from);
    if (reason !== undefined) return { kind: 'reset', reason };
    return {
      kind: 'resumable',
      start: (subscriber) => {
        const room: ReplayRoom = {
          clock: this.#options.clock,
          turnstile: this.#turnstile,
          position: () => this.#position,
          moved: () => this.#moved(),
          join: (joining, behind) => this.#feeds.subscribe(joining, filter, conflateMillis, behind),
        };
        return new ReplaySubscription(room, this.#replay(from, filter), subscriber, conflateMillis > 0);
      },
    };
  }

  async poll(
    after: LogPosition | undefined,
    filter: SymbolFilter,
    waitMillis: number,
    signal: AbortSignal,
  ): Promise<MarketPoll> {
    if (after === undefined || (await this.#whyNotBehind(after)) !== undefined) return this.#pollSnapshot(filter);
    const replay = this.#replay(after, filter);
    const until = this.#options.clock.monotonic() + waitMillis;
    for (;;) {
      const page = replay.isInRoom
        ? (replay.fromRing(POLL_PAGE) ?? (await this.#turnstile.pass(() => replay.fromLog(POLL_PAGE))))
        : ({ kind: 'end', ticks: [] } as const);
      if (page.kind === 'gone') return this.#pollSnapshot(filter);
      const ticks = page.ticks.map(({ tick }) => tick);
      const left = until - this.#options.clock.monotonic();
      const over = signal.aborted || this.#closed || (left <= 0 && page.kind === 'end');
      if (ticks.length > 0 || over) return { ticks, id: formatLogPosition(replay.cursor) };
      if (page.kind === 'end') await this.#moved(left, signal);
    }
  }

  stats(): MarketStats {
    return {
      symbols: this.#board.size,
      ticks: this.#ticks,
      subscribers: this.#feeds.subscribers,
      lastTickAt: this.#lastTickAt,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#tail?.close();
    this.#feeds.close();
    this.#wake();
  }

  #take(ticks: readonly LoggedTick[]): void {
    this.#lastTickAt = this.#options.clock.now();
    this.#ticks += ticks.length;
    for (const logged of ticks) {
      const placed = placeAt(this.#position, logged);
      const at = millisOf(logged.tick.timestamp);
      if (!this.#board.take(logged, at)) {
        this.#refuseSymbol(logged);
        continue;
      }
      this.#candles.take(logged.tick, at);
      this.#ring.push(placed);
      this.#feeds.publish(placed);
    }
    this.#wake();
  }

  /** The log has ticks of more symbols than are held: other servers, or a smaller bound than before. */
  #refuseSymbol({ tick }: LoggedTick): void {
    this.#refusedSymbols += 1;
    if (this.#refusedSymbols > 1) return;
    this.#options.log.warn(
      { symbol: tick.symbol },
      'the market has as many symbols as it may hold; others are not shown',
    );
  }

  #replay(from: LogPosition, filter: SymbolFilter): Replay {
    return new Replay({ ring: this.#ring, tickLog: this.#options.tickLog, position: this.#position }, from, filter);
  }

  #newestBehind(place: LogPosition, filter: SymbolFilter): readonly RingTick[] {
    if (covers(place, this.#position)) return [];
    const position = [...place];
    // Partition by partition: within each the offsets tell the order, between them there is none.
    return this.#board
      .entries(filter, place)
      .toSorted((one, other) => one.partition - other.partition || one.offset - other.offset)
      .map((logged) => placeAt(position, logged));
  }

  /** Why nobody can go on behind `from`; undefined when one can. */
  async #whyNotBehind(from: LogPosition): Promise<string | undefined> {
    const { tickLog } = this.#options;
    if (from.length !== tickLog.partitions)
      return `The place names ${from.length} partitions, the log has ${tickLog.partitions}.`;
    if (this.#ring.reaches(from) && covers(this.#position, from)) return undefined;
    const bounds = await tickLog.bounds();
    for (const [partition, offset] of from.entries()) {
      const { earliest, next } = bounds[partition] ?? { earliest: 0, next: 0 };
      if (offset + 1 < earliest) return `The log no longer has what comes behind ${offset} in partition ${partition}.`;
      if (offset >= next) return `The log has nothing at ${offset} in partition ${partition} yet.`;
    }
    return undefined;
  }

  #pollSnapshot(filter: SymbolFilter): MarketPoll {
    const { ticks, position } = this.snapshot(filter);
    return { ticks: [...ticks], id: formatLogPosition(position) };
  }

  /** Resolves when ticks have come in, after `millis`, when `signal` aborts, or when the room closes: with false then. */
  #moved(millis?: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#closed || signal?.aborted === true) return Promise.resolve(!this.#closed);
    return new Promise((resolve) => {
      const end = (): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', end);
        this.#waiting.delete(end);
        resolve(!this.#closed);
      };
      const timer = millis === undefined ? undefined : this.#options.clock.after(millis, end);
      signal?.addEventListener('abort', end);
      this.#waiting.add(end);
    });
  }

  #wake(): void {
    for (const end of [...this.#waiting]) end();
  }
}

/**
 * The board: the latest tick of every symbol, and each symbol's session. Latest means last in the log, whatever the
 * timestamps say, so that every server has the same board.
 *
 * A session is a UTC day. Its open is the open that its first tick tells (`price - change`): the price itself when the
 * producer sent none. Holds at most `maxSymbols` symbols.
 */
import type { LogPosition, Tick, TickerSymbol, TickInput } from '@rtd/protocol';
import type { LoggedTick } from './tick-log.ts';
import { millisOf } from './tick-time.ts';

const DAY = 86_400_000;

interface Session {
  /** Days since the epoch. */
  readonly day: number;
  readonly open: number;
}

export interface Completed {
  readonly ticks: readonly Tick[];
  /** The log has not taken them: no open is theirs. */
  withdraw(): void;
}

export class Board {
  readonly #maxSymbols: number;
  readonly #latest = new Map<TickerSymbol, LoggedTick>();
  readonly #sessions = new Map<TickerSymbol, Session>();
  /** Of ticks that are on their way into the log. */
  readonly #coming = new Map<TickerSymbol, Session>();
  #sorted: readonly TickerSymbol[] | undefined;

  constructor(maxSymbols: number) {
    this.#maxSymbols = maxSymbols;
  }

  get size(): number {
    return this.#latest.size;
  }

  /** Every symbol, in order. */
  symbols(): readonly TickerSymbol[] {
    this.#sorted ??= [...this.#latest.keys()].sort();
    return this.#sorted;
  }

  latest(symbol: TickerSymbol): LoggedTick | undefined {
    return this.#latest.get(symbol);
  }

  /** False, and nothing changes, when its symbol would be one too many. */
  take(logged: LoggedTick, at = millisOf(logged.tick.timestamp)): boolean {
    const { tick } = logged;
    if (!this.#latest.has(tick.symbol)) {
      if (this.#latest.size >= this.#maxSymbols) return false;
      this.#sorted = undefined;
    }
    this.#latest.set(tick.symbol, logged);
    const day = dayOf(at);
    const session = this.#sessions.get(tick.symbol);
    if (session === undefined || day > session.day) {
      this.#sessions.set(tick.symbol, { day, open: openOf(tick) });
      if ((this.#coming.get(tick.symbol)?.day ?? day + 1) <= day) this.#coming.delete(tick.symbol);
    }
    return true;
  }

  /** The latest ticks that fit, by symbol. */
  ticks(filter: ReadonlySet<TickerSymbol> | undefined): readonly Tick[] {
    return this.entries(filter).map(({ tick }) => tick);
  }

  /** The same with their places; with `behind`, only those that come after it. */
  entries(filter: ReadonlySet<TickerSymbol> | undefined, behind?: LogPosition): readonly LoggedTick[] {
    const symbols = filter === undefined ? this.symbols() : [...filter].sort();
    return symbols.flatMap((symbol) => {
      const entry = this.#latest.get(symbol);
      if (entry === undefined) return [];
      return behind === undefined || entry.offset > (behind[entry.partition] ?? -1) ? [entry] : [];
    });
  }

  /**
   * Ticks with all that the inputs leave out: the time from `now`, no volume, and the change since the session's open. The
   * open may also come from an earlier input, of the same call or of one that is still on its way into the log.
   * @returns undefined when they would bring more symbols than the board may hold.
   */
  complete(inputs: readonly TickInput[], now: number): Completed | undefined {
    const opened = new Map<TickerSymbol, Session>();
    const added = new Set<TickerSymbol>();
    const ticks = inputs.map((input) => {
      const at = input.timestamp === undefined ? now : Date.parse(input.timestamp);
      const day = dayOf(at);
      if (!this.#latest.has(input.symbol)) added.add(input.symbol);
      const known = opened.get(input.symbol) ?? this.#coming.get(input.symbol) ?? this.#sessions.get(input.symbol);
      const tick: Tick = {
        symbol: input.symbol,
        price: input.price,
        ...changeOf(input, known?.day === day ? known.open : undefined),
        volume: input.volume ?? 0,
        timestamp: new Date(at).toISOString(),
      };
      if (known === undefined || day > known.day) opened.set(input.symbol, { day, open: openOf(tick) });
      return tick;
    });
    for (const symbol of this.#coming.keys()) if (!this.#latest.has(symbol)) added.add(symbol);
    if (this.#latest.size + added.size > this.#maxSymbols) return undefined;
    for (const [symbol, session] of opened) this.#coming.set(symbol, session);
    const withdraw = (): void => {
      for (const [symbol, session] of opened) {
        if (this.#coming.get(symbol) === session) this.#coming.delete(symbol);
      }
    };
    return { ticks, withdraw };
  }
}

function dayOf(millis: number): number {
  return Math.floor(millis / DAY);
}

function openOf(tick: Tick): number {
  return tick.price - tick.change;
}

/** Either of the two follows from the other; without both, from the session's open, and a first tick is its own open. */
function changeOf(
  input: TickInput,
  open: number | undefined,
): { readonly change: number; readonly changePercent: number } {
  const { price, change, changePercent } = input;
  if (change !== undefined) return { change, changePercent: changePercent ?? percent(change, price - change) };
  if (changePercent !== undefined) {
    return { change: finite(price - price / (1 + changePercent / 100)), changePercent };
  }
  const since = open === undefined ? 0 : withoutNoise(price - open);
  return { change: since, changePercent: open === undefined ? 0 : percent(since, open) };
}

function percent(change: number, open: number): number {
  return finite(withoutNoise((change / open) * 100));
}

/** A number that JSON can carry; what cannot be computed is no change. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** 0.1 + 0.2 is 0.3 to people: what lies behind the twelfth digit is only rounding. */
function withoutNoise(value: number): number {
  return Number(value.toPrecision(12));
}

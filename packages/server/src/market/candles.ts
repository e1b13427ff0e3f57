/**
 * Candles of every symbol at every interval, made from ticks as they come. Bounded twice: so many a series, and so many in
 * all; a new one then takes the place of its series' oldest. A tick may come late: it goes into the candle of its own time
 * as long as that is kept.
 */
import { CANDLE_MILLIS, type Candle, CandleInterval, type Tick, type TickerSymbol } from '@rtd/protocol';
import { millisOf } from './tick-time.ts';

/** Candles kept a series: ten minutes, a day, two days, a month. */
const KEPT: Readonly<Record<CandleInterval, number>> = { '1s': 600, '1m': 1_440, '5m': 576, '1h': 720 };
/** In all; about 50 MB. */
const KEPT_IN_ALL = 500_000;
const INTERVALS = CandleInterval.options;

type Series = Readonly<Record<CandleInterval, MutableCandle[]>>;
type MutableCandle = { -readonly [Field in keyof Candle]: Candle[Field] };

export class Candles {
  readonly #keptInAll: number;
  readonly #series = new Map<TickerSymbol, Series>();
  #count = 0;

  constructor(keptInAll = KEPT_IN_ALL) {
    this.#keptInAll = keptInAll;
  }

  /** How many candles there are. */
  get count(): number {
    return this.#count;
  }

  take(tick: Tick, at = millisOf(tick.timestamp)): void {
    let series = this.#series.get(tick.symbol);
    if (series === undefined) {
      series = { '1s': [], '1m': [], '5m': [], '1h': [] };
      this.#series.set(tick.symbol, series);
    }
    for (const interval of INTERVALS) this.#put(series[interval], KEPT[interval], CANDLE_MILLIS[interval], at, tick);
  }

  /** Oldest first; at most `limit`, the newest ones. */
  newest(symbol: TickerSymbol, interval: CandleInterval, limit: number): readonly Candle[] {
    const series = this.#series.get(symbol)?.[interval] ?? [];
    return series.slice(Math.max(0, series.length - limit)).map((candle) => ({ ...candle }));
  }

  #put(candles: MutableCandle[], kept: number, millis: number, at: number, { price, volume }: Tick): void {
    let index = candles.length - 1;
    let candle = candles[index];
    // Mostly it is the newest that a tick belongs to, and then its start is known.
    const t =
      candle !== undefined && at >= candle.t && at < candle.t + millis
        ? candle.t
        : at - (((at % millis) + millis) % millis);
    while (candle !== undefined && candle.t > t) {
      index -= 1;
      candle = candles[index];
    }
    if (candle?.t === t) {
      if (price > candle.h) candle.h = price;
      if (price < candle.l) candle.l = price;
      candle.c = price;
      candle.v = Math.min(candle.v + volume, Number.MAX_VALUE);
      return;
    }
    const full = candles.length >= kept || (candles.length > 1 && this.#count >= this.#keptInAll);
    // Older than all that is kept, and no room for it.
    if (full && index < 0) return;
    const fresh = { t, o: price, h: price, l: price, c: price, v: volume };
    if (index === candles.length - 1) candles.push(fresh);
    else candles.splice(index + 1, 0, fresh);
    if (full) candles.shift();
    else this.#count += 1;
  }
}

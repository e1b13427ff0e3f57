/**
 * What a watcher of the market remembers: for every symbol its last price, its day, and its last minute. Bounded: no
 * more than {@link MAX_SYMBOLS} symbols, no more than a sample a second, nothing older than {@link MEMORY_MILLIS}.
 */

/** What is needed of a tick. */
export interface SeenPrice {
  readonly symbol: string;
  readonly price: number;
  readonly changePercent: number;
}

/** A symbol as it stands. */
export interface Outlook {
  readonly symbol: string;
  readonly price: number;
  /** Since the session's open, in percent. */
  readonly dayPercent: number;
  /** Since a minute ago, or since it was first seen if that is less, in percent. */
  readonly minutePercent: number;
  /** The last price is the highest, the lowest that was seen, after enough of them to mean something. */
  readonly record: 'high' | 'low' | undefined;
  /** The round number that was crossed since the last look. */
  readonly crossed: number | undefined;
}

export interface PriceMemory {
  see(tick: SeenPrice, now: number): void;
  /** Every symbol, in the order of first sight. */
  outlooks(now: number): Outlook[];
  outlook(symbol: string, now: number): Outlook | undefined;
  /** Takes note that the records and crossings of this symbol were talked about. */
  told(symbol: string): void;
}

export const MAX_SYMBOLS = 64;
export const MEMORY_MILLIS = 60_000;
const SAMPLE_MILLIS = 1_000;
const SAMPLES_FOR_A_RECORD = 20;

interface Remembered {
  price: number;
  dayPercent: number;
  samples: { readonly at: number; readonly price: number }[];
  seen: number;
  high: number;
  low: number;
  /** The highest, the lowest and the price when this symbol was last talked about. */
  toldHigh: number;
  toldLow: number;
  toldPrice: number;
}

export function createPriceMemory(): PriceMemory {
  const symbols = new Map<string, Remembered>();

  const outlook = (symbol: string, now: number): Outlook | undefined => {
    const entry = symbols.get(symbol);
    if (entry === undefined) return undefined;
    const reference = entry.samples.find((sample) => sample.at >= now - MEMORY_MILLIS)?.price ?? entry.price;
    const enough = entry.seen >= SAMPLES_FOR_A_RECORD;
    return {
      symbol,
      price: entry.price,
      dayPercent: entry.dayPercent,
      minutePercent: (100 * (entry.price - reference)) / reference,
      record: recordOf(entry, enough),
      crossed: roundNumberBetween(entry.toldPrice, entry.price),
    };
  };

  return {
    see: ({ symbol, price, changePercent }, now) => {
      const entry = symbols.get(symbol);
      if (entry === undefined) {
        if (symbols.size >= MAX_SYMBOLS) return;
        symbols.set(symbol, firstSight(price, changePercent, now));
        return;
      }
      entry.price = price;
      entry.dayPercent = changePercent;
      entry.high = Math.max(entry.high, price);
      entry.low = Math.min(entry.low, price);
      const last = entry.samples.at(-1);
      if (last !== undefined && now - last.at < SAMPLE_MILLIS) return;
      entry.seen += 1;
      entry.samples.push({ at: now, price });
      while ((entry.samples[0]?.at ?? now) < now - MEMORY_MILLIS) entry.samples.shift();
    },
    outlooks: (now) => [...symbols.keys()].flatMap((symbol) => outlook(symbol, now) ?? []),
    outlook,
    told: (symbol) => {
      const entry = symbols.get(symbol);
      if (entry === undefined) return;
      entry.toldHigh = entry.high;
      entry.toldLow = entry.low;
      entry.toldPrice = entry.price;
    },
  };
}

function firstSight(price: number, dayPercent: number, now: number): Remembered {
  return {
    price,
    dayPercent,
    samples: [{ at: now, price }],
    seen: 1,
    high: price,
    low: price,
    toldHigh: price,
    toldLow: price,
    toldPrice: price,
  };
}

function recordOf(entry: Remembered, enough: boolean): 'high' | 'low' | undefined {
  if (!enough) return undefined;
  if (entry.price >= entry.high && entry.high > entry.toldHigh) return 'high';
  if (entry.price <= entry.low && entry.low < entry.toldLow) return 'low';
  return undefined;
}

/** The multiple of {@link roundStep} that lies between two prices, if one does; of several the nearest to `to`. */
function roundNumberBetween(from: number, to: number): number | undefined {
  const step = roundStep(to);
  const passed = from < to ? Math.floor(to / step) : Math.ceil(to / step);
  const round = passed * step;
  const between = from < to ? from < round : from > round;
  return between ? round : undefined;
}

/** The largest of 1, 2 and 5 times a power of ten that is at most a percent: 500 for 64,250, 2 for 230. */
function roundStep(price: number): number {
  const percent = price / 100;
  const magnitude = 10 ** Math.floor(Math.log10(percent));
  return magnitude * (percent / magnitude >= 5 ? 5 : percent / magnitude >= 2 ? 2 : 1);
}

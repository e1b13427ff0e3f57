/**
 * A market of correlated geometric Brownian motions, as a stream of ticks: same seed and start, same ticks.
 *
 * Each log price is a Brownian motion driven by three: the market's, its sector's and its own (instruments.ts). The
 * shared ones are kept as paths, and a symbol catches up with them when it trades. That is exact at any moments, costs
 * three normals a tick however many symbols there are, and lets symbols trade at irregular times as they do.
 */
import type { Tick, TickerSymbol } from '@rtd/protocol';
import type { Random } from '../random.ts';
import type { Instrument } from './instruments.ts';
import { AVERAGE_LOADING, type Scenario } from './scenario.ts';

/** Where a symbol stands when the market goes on from an earlier one. */
export interface Standing {
  readonly price: number;
  /** The session's opening price. */
  readonly open: number;
}

export interface MarketOptions {
  readonly instruments: readonly Instrument[];
  readonly random: Random;
  /** Ticks a second, of all symbols together. */
  readonly rate: number;
  /** Scales every instrument's own volatility; 1 is a usual day, 0 stands still. */
  readonly volatility: number;
  /** Epoch milliseconds. */
  readonly start: number;
  /** Prices to go on from; without an entry a symbol starts at its instrument's price, which is then its open. */
  readonly standings?: ReadonlyMap<TickerSymbol, Standing> | undefined;
  /** A shock, from the start on; none when left out. */
  readonly scenario?: Scenario | undefined;
}

export interface Market {
  /** The ticks that are due at `now` (epoch milliseconds) and were not taken yet, oldest first, at most `limit`. */
  take(now: number, limit: number): Tick[];
  /** Epoch milliseconds of the next tick. */
  nextAt(): number;
  /** Stands still: all that is still to come, comes `millis` later. The prices stay the ones that they would have been. */
  delay(millis: number): void;
}

/** A trading year: 252 days of 6.5 hours. Volatility is spread over these seconds, so a price visibly moves in one. */
export const TRADING_SECONDS_A_YEAR = 252 * 6.5 * 3_600;

const DAY_MILLIS = 86_400_000;

/** A Brownian motion that is only looked at now and then. */
interface Path {
  value: number;
  seconds: number;
}

interface Traded {
  readonly instrument: Instrument;
  readonly sectorPath: Path;
  readonly deviation: number;
  readonly ownShare: number;
  /** How hard a shock hits it: 1 is the average. */
  readonly loading: number;
  readonly decimals: number;
  logPrice: number;
  price: number;
  open: number;
  /** Where the shared paths stood at the last trade. */
  marketSeen: number;
  sectorSeen: number;
  shiftSeen: number;
  seconds: number;
}

export function createMarket(options: MarketOptions): Market {
  const { instruments, random, rate, standings, scenario } = options;
  const marketPath: Path = { value: 0, seconds: 0 };
  const sectorPaths = new Map<string, Path>();
  const traded = instruments.map((instrument): Traded => {
    const standing = standings?.get(instrument.symbol);
    const price = standing?.price ?? instrument.price;
    const sectorPath = sectorPaths.get(instrument.sector) ?? { value: 0, seconds: 0 };
    sectorPaths.set(instrument.sector, sectorPath);
    return {
      instrument,
      sectorPath,
      deviation: (instrument.volatility * options.volatility) / Math.sqrt(TRADING_SECONDS_A_YEAR),
      ownShare: Math.sqrt(Math.max(0, 1 - instrument.market ** 2 - instrument.sectorShare ** 2)),
      loading: (instrument.market * instrument.volatility) / AVERAGE_LOADING,
      decimals: decimalsOf(price),
      logPrice: Math.log(price) + (scenario === undefined || scenario.gap === 0 ? 0 : scenario.gap * random.normal()),
      price,
      open: standing?.open ?? price,
      marketSeen: 0,
      sectorSeen: 0,
      shiftSeen: 0,
      seconds: 0,
    };
  });
  const choose = weightedChoice(
    instruments.map((instrument) => instrument.activity),
    random,
  );
  let start = options.start;
  let day = Math.floor(start / DAY_MILLIS);
  let count = 0;
  let nextSeconds = random.uniform() / rate;

  const advance = (path: Path, seconds: number): number => {
    if (seconds > path.seconds) {
      path.value += Math.sqrt(seconds - path.seconds) * random.normal();
      path.seconds = seconds;
    }
    return path.value;
  };

  const trade = (entry: Traded, seconds: number, millis: number): Tick => {
    const { instrument, ownShare, loading } = entry;
    const deviation = entry.deviation * (scenario?.volatility(seconds) ?? 1);
    const shift = scenario?.shift(seconds) ?? 0;
    const elapsed = seconds - entry.seconds;
    const market = advance(marketPath, seconds);
    const sector = advance(entry.sectorPath, seconds);
    const shock =
      instrument.market * (market - entry.marketSeen) +
      instrument.sectorShare * (sector - entry.sectorSeen) +
      ownShare * Math.sqrt(elapsed) * random.normal();
    // Half the variance off, and the price itself has no drift.
    entry.logPrice += deviation * shock - (deviation * deviation * elapsed) / 2 + loading * (shift - entry.shiftSeen);
    entry.shiftSeen = shift;
    entry.marketSeen = market;
    entry.sectorSeen = sector;
    entry.seconds = seconds;
    entry.price = Math.max(round(Math.exp(entry.logPrice), entry.decimals), 10 ** -entry.decimals);
    return {
      symbol: instrument.symbol,
      price: entry.price,
      change: round(entry.price - entry.open, entry.decimals),
      changePercent: round((100 * (entry.price - entry.open)) / entry.open, 4),
      volume: tradeVolume(
        instrument.tradeSize * (scenario?.volume(seconds) ?? 1),
        elapsed > 0 ? Math.abs(shock) / Math.sqrt(elapsed) : 0,
        random,
      ),
      timestamp: new Date(millis).toISOString(),
    };
  };

  const next = (millis: number): Tick | undefined => {
    const today = Math.floor(millis / DAY_MILLIS);
    if (today !== day) {
      day = today;
      for (const entry of traded) entry.open = entry.price;
    }
    // Everyone trades once before anyone trades twice, so that a new board is complete soon.
    const entry = traded[count < traded.length ? count : choose()];
    const tick = entry === undefined ? undefined : trade(entry, nextSeconds, millis);
    count += 1;
    // One tick in each 1/rate-th of a second, anywhere in it: irregular, and yet exactly the rate that was asked for.
    nextSeconds = (count + random.uniform()) / rate;
    return tick;
  };

  const nextAt = (): number => start + nextSeconds * 1_000;
  return {
    nextAt,
    take: (now, limit) => {
      const ticks: Tick[] = [];
      while (ticks.length < limit && nextAt() <= now) {
        const tick = next(Math.floor(nextAt()));
        if (tick === undefined) break;
        ticks.push(tick);
      }
      return ticks;
    },
    delay: (millis) => {
      start += millis;
    },
  };
}

/** Prices are quoted in hundredths; small ones finer, so that a step is never much of the price. */
function decimalsOf(price: number): number {
  if (price >= 10) return 2;
  return price >= 0.1 ? 4 : 8;
}

function round(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  // `+ 0` turns -0, which JSON writes as 0 but a table as "-0", into 0.
  return Math.round(value * scale) / scale + 0;
}

/** Log-normal around the instrument's usual trade, and larger the more unusual the move was. */
function tradeVolume(usual: number, surprise: number, random: Random): number {
  const size = usual * Math.exp(0.8 * random.normal()) * (0.5 + surprise);
  const decimals = usual >= 50 ? 0 : usual >= 1 ? 2 : 4;
  return Math.max(round(size, decimals), 10 ** -decimals);
}

/** Draws an index as often as its weight says. */
function weightedChoice(weights: readonly number[], random: Random): () => number {
  const bounds: number[] = [];
  let total = 0;
  for (const weight of weights) {
    total += weight;
    bounds.push(total);
  }
  return () => {
    const point = random.uniform() * total;
    let low = 0;
    let high = bounds.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] ?? total) > point) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/**
 * What is traded in the simulated market, and how it moves together.
 *
 * An instrument's return is `market` parts of what moves everything, `sector` parts of what moves its sector, and the
 * rest its own, so that the correlation of two instruments can be read off: market·market, plus sector·sector where
 * they share one.
 */
import type { TickerSymbol } from '@rtd/protocol';
import { randomFromSeed } from '../random.ts';

export interface Instrument {
  readonly symbol: TickerSymbol;
  readonly sector: string;
  /** Where the price starts. */
  readonly price: number;
  /** Standard deviation of a year's log return: 0.6 is 60 %. */
  readonly volatility: number;
  /** Share of the common factor in the return, as a correlation; market² + sector² is at most 1. */
  readonly market: number;
  /** Share of the sector's factor. */
  readonly sectorShare: number;
  /** How often it trades, against the others. */
  readonly activity: number;
  /** Median size of a trade, in units. */
  readonly tradeSize: number;
}

type Listed = Omit<Instrument, 'symbol'>;

const LISTED: ReadonlyMap<string, Listed> = new Map<string, Listed>([
  ['BTC', listing('crypto', 64_250, 0.6, 0.45, 0.72, 3, 0.08)],
  ['ETH', listing('crypto', 3_180, 0.72, 0.45, 0.75, 2.5, 1.2)],
  ['SOL', listing('crypto', 148, 0.95, 0.4, 0.68, 2, 20)],
  ['AAPL', listing('tech', 229, 0.27, 0.68, 0.42, 2, 90)],
  ['NVDA', listing('tech', 131, 0.5, 0.66, 0.5, 2.5, 160)],
  ['TSLA', listing('tech', 252, 0.58, 0.55, 0.38, 2, 110)],
  ['GOLD', listing('commodities', 2_655, 0.16, -0.1, 0.35, 1, 4)],
  ['OIL', listing('commodities', 72, 0.36, 0.3, 0.4, 1.2, 40)],
]);

/** The symbols of a market that nobody chose: eight, of three sectors. */
export const DEFAULT_SYMBOLS: readonly string[] = [...LISTED.keys()];

/** `count` names: the listed ones first, then `S0009`, `S0010`, … */
export function symbolNames(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => DEFAULT_SYMBOLS[index] ?? `S${String(index + 1).padStart(4, '0')}`,
  );
}

/** The instrument of a symbol; a name that is not listed gets traits of its own, always the same for the same name. */
export function instrumentOf(symbol: TickerSymbol): Instrument {
  return { symbol, ...(LISTED.get(symbol) ?? invented(symbol)) };
}

const INVENTED_SECTORS = ['tech', 'energy', 'finance', 'health', 'industry'] as const;

function invented(symbol: string): Listed {
  const random = randomFromSeed(`instrument:${symbol}`);
  const sector = INVENTED_SECTORS[random.integer(INVENTED_SECTORS.length)] ?? 'tech';
  const price = Math.round(Math.exp(Math.log(60) + random.normal()) * 100) / 100;
  const volatility = 0.2 + 0.5 * random.uniform();
  const market = 0.35 + 0.35 * random.uniform();
  return listing(
    sector,
    Math.max(1, price),
    volatility,
    market,
    0.4,
    0.5 + random.uniform(),
    Math.max(1, 9_000 / price),
  );
}

function listing(
  sector: string,
  price: number,
  volatility: number,
  market: number,
  sectorShare: number,
  activity: number,
  tradeSize: number,
): Listed {
  return { sector, price, volatility, market, sectorShare, activity, tradeSize };
}

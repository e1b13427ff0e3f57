/** Contenders measured by turns, so that whatever else the machine does hits both. */
import type { Pace } from './benchmark.ts';

/** What became of one figure. */
export interface Comparison {
  /** Medians of the rounds. */
  readonly ours: number;
  readonly naive: number;
  /** Median of the ratios of each round, ours to naive. */
  readonly ratio: number;
  /** What the middle half of the naive rounds differ by: how much of a difference is the machine's doing. */
  readonly noise: number;
}

export type Figures<Name extends string> = Readonly<Record<Name, number>>;

/**
 * Each contender measures itself once a round and resolves with its figures; who begins changes from round to round. The
 * first round warms up and does not count.
 */
export async function compareByTurns<Name extends string>(
  pace: Pace,
  names: readonly Name[],
  contenders: {
    ours(): Figures<Name> | Promise<Figures<Name>>;
    naive(): Figures<Name> | Promise<Figures<Name>>;
  },
): Promise<Readonly<Record<Name, Comparison>>> {
  const ours: Figures<Name>[] = [];
  const naive: Figures<Name>[] = [];
  for (let round = 0; round <= pace.rounds; round += 1) {
    const ourTurn = async (): Promise<number> => ours.push(await contenders.ours());
    const naiveTurn = async (): Promise<number> => naive.push(await contenders.naive());
    for (const turn of round % 2 === 0 ? [ourTurn, naiveTurn] : [naiveTurn, ourTurn]) await turn();
  }
  const counted = (figures: readonly Figures<Name>[], name: Name): number[] =>
    figures.slice(1).map((figure) => figure[name]);
  const compared = names.map((name) => [name, compare(counted(ours, name), counted(naive, name))] as const);
  return Object.fromEntries(compared) as Record<Name, Comparison>;
}

function compare(ours: readonly number[], naive: readonly number[]): Comparison {
  const ratios = ours.map((figure, round) => figure / (naive[round] ?? Number.NaN));
  return { ours: median(ours), naive: median(naive), ratio: median(ratios), noise: middleHalf(naive) };
}

function middleHalf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const quarter = sorted.length >> 2;
  return (sorted[sorted.length - 1 - quarter] ?? Number.NaN) - (sorted[quarter] ?? Number.NaN);
}

/** NaN where there is nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

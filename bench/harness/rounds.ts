/** Contenders measured by turns, so that whatever else the machine does hits both. */
import type { Pace } from './benchmark.ts';

export interface Rates {
  /** Medians of the rounds. */
  readonly ours: number;
  readonly naive: number;
  /** Median of the ratios of each round, ours to naive. */
  readonly ratio: number;
}

/**
 * Each contender measures itself once a round and resolves with its number; who begins changes from round to round. The
 * first round warms up and does not count.
 */
export async function compareByTurns(
  pace: Pace,
  contenders: { ours(): number | Promise<number>; naive(): number | Promise<number> },
): Promise<Rates> {
  const ours: number[] = [];
  const naive: number[] = [];
  for (let round = 0; round <= pace.rounds; round += 1) {
    const ourTurn = async (): Promise<number> => ours.push(await contenders.ours());
    const naiveTurn = async (): Promise<number> => naive.push(await contenders.naive());
    for (const turn of round % 2 === 0 ? [ourTurn, naiveTurn] : [naiveTurn, ourTurn]) await turn();
  }
  const [ourRates, naiveRates] = [ours.slice(1), naive.slice(1)];
  return {
    ours: median(ourRates),
    naive: median(naiveRates),
    ratio: median(ourRates.map((rate, round) => rate / (naiveRates[round] ?? Number.NaN))),
  };
}

/** NaN where there is nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

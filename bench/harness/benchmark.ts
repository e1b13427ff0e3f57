/** What a benchmark is, and what comes out of one. */
import type { Comparison } from './rounds.ts';

/** How long a benchmark may take; `--quick` asks for numbers that are only roughly right. */
export interface Pace {
  readonly quick: boolean;
  /** Rounds of each contender, besides one to warm up. */
  readonly rounds: number;
  /** How long one contender's turn of a round should last, in milliseconds. */
  readonly roundMillis: number;
}

/** One line of the report: the same thing measured of ours and of a naive version, in the same run. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** Undefined where there is nothing to compare with. */
  readonly naive: number | undefined;
  /** What the comparison comes to: `14.2x`, `+0.3 ms`. */
  readonly comparison: string;
  /** What it should come to, and whether it does; undefined where no target was set. */
  readonly target?: { readonly text: string; readonly met: boolean } | undefined;
}

export interface BenchmarkResult {
  readonly rows: readonly Row[];
  /** What a reader needs to know to make sense of the rows. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  readonly title: string;
  /** What "naive" is. */
  readonly naive: string;
  run(pace: Pace): Promise<BenchmarkResult>;
}

/** A row of rates, where more is better: `atLeast` is the ratio that ours should have. */
export function rateRow(what: string, unit: string, rate: Comparison, atLeast?: number): Row {
  return {
    what,
    unit,
    ours: rate.ours,
    naive: rate.naive,
    comparison: `${rate.ratio.toFixed(1)}x`,
    target: atLeast === undefined ? undefined : { text: `>= ${atLeast}x`, met: rate.ratio >= atLeast },
  };
}

/** A row of latencies in milliseconds, where less is better: `within` is how many more ours may have. */
export function latencyRow(what: string, latency: Comparison, within?: number): Row {
  const difference = latency.ours - latency.naive;
  return {
    what,
    unit: 'ms',
    ours: latency.ours,
    naive: latency.naive,
    comparison: `${difference >= 0 ? '+' : ''}${difference.toFixed(2)} ms`,
    target: within === undefined ? undefined : { text: `<= +${within} ms`, met: difference <= within },
  };
}

/** A figure that has nothing to be compared with; `atMost` is what it should not be above. */
export function figureRow(what: string, unit: string, ours: number, atMost?: number): Row {
  return {
    what,
    unit,
    ours,
    naive: undefined,
    comparison: '',
    target: atMost === undefined ? undefined : { text: atMost === 0 ? 'none' : `<= ${atMost}`, met: ours <= atMost },
  };
}

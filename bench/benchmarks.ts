/** The benchmarks by name, in the order in which they run. A file each. */
import type { Benchmark } from './harness/benchmark.ts';
import { parser } from './parser.ts';

export const BENCHMARKS: ReadonlyMap<string, Benchmark> = new Map([['parser', parser]]);

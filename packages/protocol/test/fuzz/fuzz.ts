/** Runs a target on mutations of its corpus until a bound, and stops at the first find. */
import { readdirSync, readFileSync } from 'node:fs';
import { jsonTarget } from './json-target.ts';
import { mutate } from './mutate.ts';
import { randomFrom } from './random.ts';
import { sseTarget } from './sse-target.ts';
import { stompTarget } from './stomp-target.ts';
import type { FuzzTarget } from './target.ts';

export const TARGETS: readonly FuzzTarget[] = [stompTarget, sseTarget, jsonTarget];

/** A case of at most 8 KiB takes less than a millisecond; this much says that something runs away. */
const CASE_MILLIS = 1_000;

export interface Find {
  readonly target: string;
  /** The case, and the seed of the chances that its check took. */
  readonly hex: string;
  readonly seed: number;
  readonly reason: string;
}

export interface FuzzRun {
  readonly cases: number;
  readonly slowestMillis: number;
  readonly find: Find | undefined;
}

/** The first cases of a target: every file of its folder, in the order of their names. */
export function corpusOf(target: FuzzTarget): readonly [Uint8Array, ...Uint8Array[]] {
  const folder = new URL(`corpus/${target.corpus}/`, import.meta.url);
  const cases = readdirSync(folder)
    .sort()
    .map((file) => readFileSync(new URL(file, folder)));
  return [new Uint8Array(0), ...cases];
}

/** Case number n of a seed is always the same. The corpus itself comes first. */
export function fuzz(target: FuzzTarget, seed: number, goOn: (cases: number) => boolean): FuzzRun {
  const corpus = corpusOf(target);
  let slowestMillis = 0;
  let cases = 0;
  for (; goOn(cases); cases += 1) {
    const caseSeed = (seed + cases) >>> 0;
    const bytes = corpus[cases] ?? mutate(randomFrom(caseSeed), corpus, target.words);
    const { reason, millis } = tryCase(target, bytes, caseSeed);
    slowestMillis = Math.max(slowestMillis, millis);
    if (reason === undefined) continue;
    const hex = Buffer.from(bytes).toString('hex');
    return { cases: cases + 1, slowestMillis, find: { target: target.name, hex, seed: caseSeed, reason } };
  }
  return { cases, slowestMillis, find: undefined };
}

/** Checks one case; `reason` is set when it is a find. */
export function tryCase(target: FuzzTarget, bytes: Uint8Array, seed: number): { reason?: string; millis: number } {
  const start = performance.now();
  try {
    target.check(bytes, randomFrom(seed));
  } catch (thrown) {
    return { reason: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown), millis: 0 };
  }
  const millis = performance.now() - start;
  return millis > CASE_MILLIS ? { reason: `took ${Math.round(millis)} ms`, millis } : { millis };
}

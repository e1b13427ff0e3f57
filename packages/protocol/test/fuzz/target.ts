/** What is fuzzed: something that takes any bytes, and what it promises for all of them. */

import type { Words } from './mutate.ts';
import type { Random } from './random.ts';

export interface FuzzTarget {
  readonly name: string;
  /** The folder of its first cases, beside this file. */
  readonly corpus: string;
  /** Words of its language, for the mutator. */
  readonly words: Words;
  /** @throws Finding, or anything at all that it did not declare: either is a find. */
  check(bytes: Uint8Array, random: Random): void;
}

/** A promise that was broken. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

/** The bytes in up to twelve pieces, each a copy. */
export function split(bytes: Uint8Array, random: Random): Uint8Array[] {
  const cuts = Array.from({ length: random.below(12) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [...cuts, bytes.length].map((cut, index) => bytes.slice(cuts[index - 1] ?? 0, cut));
}

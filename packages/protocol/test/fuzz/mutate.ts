/** New cases from old ones: cut, repeated, spliced, with octets changed and with words of the language put in. */
import type { Random } from './random.ts';

const MAX_BYTES = 8_192;

export type Words = readonly [string, ...string[]];

/** A case from the corpus, changed one to eight times; at most 8 KiB. */
export function mutate(random: Random, corpus: readonly [Uint8Array, ...Uint8Array[]], words: Words): Uint8Array {
  let bytes: Uint8Array = random.pick(corpus);
  for (let change = random.below(8); change >= 0; change -= 1) {
    bytes = changed(random, bytes, corpus, words).subarray(0, MAX_BYTES);
  }
  return Uint8Array.from(bytes);
}

function changed(
  random: Random,
  bytes: Uint8Array,
  corpus: readonly [Uint8Array, ...Uint8Array[]],
  words: Words,
): Uint8Array {
  const from = random.below(bytes.length + 1);
  const to = from + random.below(Math.min(bytes.length - from, 64) + 1);
  const [before, piece, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([before, Buffer.from(random.pick(words)), bytes.subarray(from)]);
    case 1:
      return Buffer.concat([before, Buffer.from(random.pick(words)), after]);
    case 2:
      return Buffer.concat([before, after]);
    case 3:
      return Buffer.concat([before, ...new Array<Uint8Array>(random.below(40)).fill(piece), after]);
    case 4:
      return Buffer.concat([before, Uint8Array.of(random.below(256)), bytes.subarray(from + 1)]);
    case 5:
      return Buffer.concat([
        before,
        Uint8Array.of((bytes[from] ?? 0) ^ (1 << random.below(8))),
        bytes.subarray(from + 1),
      ]);
    case 6:
      return Buffer.concat([before, random.pick(corpus)]);
    default:
      return before;
  }
}

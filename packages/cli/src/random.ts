/**
 * Randomness that can be repeated: the same seed gives the same numbers on every machine. For simulations; never for secrets.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, a period of at least 2^32, no known bias.
 */

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal: mean 0, variance 1. */
  normal(): number;
  /** Uniform among 0, 1, …, `below` - 1. */
  integer(below: number): number;
  /** An independent stream of its own: what is drawn from it does not move this one. */
  fork(label: string): Random;
}

/** A stream of numbers named by its seed. Any text is a seed. */
export function randomFromSeed(seed: string): Random {
  const uniform = sfc32(...spread(seed));
  let spare: number | undefined;
  return {
    uniform,
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Marsaglia's polar form of Box-Muller: two independent normals from a point inside the unit circle.
      for (;;) {
        const x = 2 * uniform() - 1;
        const y = 2 * uniform() - 1;
        const square = x * x + y * y;
        if (square === 0 || square >= 1) continue;
        const stretch = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * stretch;
        return x * stretch;
      }
    },
    integer: (below) => Math.floor(uniform() * below),
    fork: (label) => randomFromSeed(`${seed}/${label}`),
  };
}

function sfc32(a: number, b: number, c: number, d: number): () => number {
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The first outputs still show the seed; the author asks for a dozen rounds before use.
  for (let round = 0; round < 15; round += 1) next();
  return next;
}

/** FNV-1a with four different offsets, finished by murmur3's mixer: text to 128 bits of state. */
function spread(text: string): [number, number, number, number] {
  return [word(text, 0x811c9dc5), word(text, 0x9e3779b9), word(text, 0x85ebca6b), word(text, 0xc2b2ae35)];
}

function word(text: string, offset: number): number {
  let hash = offset | 0;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

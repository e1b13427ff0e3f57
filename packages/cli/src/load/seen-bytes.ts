/**
 * Bytes that came before and what was found in them. In a fan-out thousands of connections get the same bytes: to
 * understand them once and compare the others with them is far cheaper than to parse them all, and just as exact.
 */

/** Reads larger than this are not kept. */
const LARGEST = 32_768;
const KEPT = 8;

interface Seen {
  readonly bytes: Buffer;
  readonly found: readonly number[];
}

export class SeenBytes {
  readonly #seen: Seen[] = [];
  #oldest = 0;

  /** What was found in the same bytes; undefined where they are new. */
  find(bytes: Buffer): readonly number[] | undefined {
    for (const seen of this.#seen) {
      if (seen.bytes.length === bytes.length && seen.bytes.equals(bytes)) return seen.found;
    }
    return undefined;
  }

  /** Keeps a copy of `bytes`, in the place of the oldest. */
  keep(bytes: Buffer, found: readonly number[]): void {
    if (bytes.length > LARGEST) return;
    this.#seen[this.#oldest] = { bytes: Buffer.from(bytes), found };
    this.#oldest = (this.#oldest + 1) % KEPT;
  }
}

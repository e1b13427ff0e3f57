/**
 * Bytes that wait for the rest of their line or body. Grows with what has really arrived, never with what was announced,
 * and holds no memory when it is empty.
 */

const EMPTY = new Uint8Array(0);
const FIRST_CAPACITY = 256;

export class ByteAccumulator {
  #bytes: Uint8Array = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The octet that was appended last. */
  get last(): number | undefined {
    return this.#length === 0 ? undefined : this.#bytes[this.#length - 1];
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2, FIRST_CAPACITY));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** Everything that was appended, as one piece that belongs to the caller; the accumulator is empty then. */
  take(): Uint8Array {
    const all = this.#bytes.subarray(0, this.#length);
    this.#bytes = EMPTY;
    this.#length = 0;
    return all;
  }
}

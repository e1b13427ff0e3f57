/** A chunked HTTP body as it comes, cut anywhere (RFC 9112, section 7.1): hands on the data, drops all else. */

const LF = 0x0a;
const LONGEST_LINE = 4_096;

export class ChunkedBody {
  readonly #onData: (piece: Buffer) => void;
  #line = '';
  /** Octets of the chunk that are to come. */
  #left = 0;
  #phase: 'size' | 'data' | 'data-end' | 'ended' = 'size';

  constructor(onData: (piece: Buffer) => void) {
    this.#onData = onData;
  }

  /** True between chunks, and after the last. */
  get atBoundary(): boolean {
    return (this.#phase === 'size' && this.#line === '') || this.#phase === 'ended';
  }

  /** True behind the chunk of size 0: nothing more will come. */
  get ended(): boolean {
    return this.#phase === 'ended';
  }

  /** @throws Error for a size that is none. */
  push(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length && this.#phase !== 'ended') {
      if (this.#phase !== 'data') {
        offset = this.#takeLine(bytes, offset);
        continue;
      }
      const end = Math.min(bytes.length, offset + this.#left);
      this.#left -= end - offset;
      if (this.#left === 0) this.#phase = 'data-end';
      this.#onData(bytes.subarray(offset, end));
      offset = end;
    }
  }

  #takeLine(bytes: Buffer, offset: number): number {
    const lf = bytes.indexOf(LF, offset);
    const end = lf === -1 ? bytes.length : lf;
    this.#line += bytes.toString('latin1', offset, end);
    if (this.#line.length > LONGEST_LINE) throw new Error('a chunk without a size');
    if (lf === -1) return end;
    const line = this.#line.trim();
    this.#line = '';
    if (this.#phase === 'data-end') this.#phase = 'size';
    else this.#begin(line);
    return lf + 1;
  }

  #begin(line: string): void {
    const size = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new Error('a chunk without a size');
    this.#left = Number.parseInt(size, 16);
    this.#phase = this.#left === 0 ? 'ended' : 'data';
  }
}

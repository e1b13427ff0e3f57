/**
 * How a message is known again in whatever a server makes of it: sixteen digits within its body, the first seven of them
 * the run's, the others the message's number. Digits survive JSON, text, XML and ticks alike, and as a number they are
 * below 2^53.
 */

export const STAMP_DIGITS = 16;
const RUN_DIGITS = 7;
const NUMBER_DIGITS = STAMP_DIGITS - RUN_DIGITS;

/** Messages of one run; more would not have a number. */
export const MOST_MESSAGES = 10 ** NUMBER_DIGITS;

const ZERO = 0x30;

export class Stamps {
  readonly #run: string;
  readonly #runBytes: Buffer;

  /** `random` gives a number from 0 (inclusive) to 1 (exclusive). */
  constructor(random: () => number) {
    // With a 7 in front no digit gets lost where the stamp goes as a number.
    this.#run = `7${String(Math.floor(random() * 10 ** (RUN_DIGITS - 1))).padStart(RUN_DIGITS - 1, '0')}`;
    this.#runBytes = Buffer.from(this.#run);
  }

  /** What this run is called, among other runs at the same server. */
  get run(): string {
    return this.#run;
  }

  /** The stamp of message `number`, counted from 0. */
  write(number: number): string {
    return this.#run + String(number).padStart(NUMBER_DIGITS, '0');
  }

  /** The number of the first stamp of this run in `bytes`; -1 where there is none. */
  find(bytes: Uint8Array): number {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = buffer.indexOf(this.#runBytes); at !== -1; at = buffer.indexOf(this.#runBytes, at + 1)) {
      const number = digitsAt(buffer, at + RUN_DIGITS);
      if (number !== -1) return number;
    }
    return -1;
  }
}

function digitsAt(bytes: Uint8Array, start: number): number {
  let number = 0;
  for (let at = start; at < start + NUMBER_DIGITS; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

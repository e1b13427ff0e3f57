/** How long to wait before the next try: 1, 2, 4, 8, 16, 30, 30, … seconds, each up to a quarter shorter or longer. */

const FIRST_MILLIS = 1_000;
const LONGEST_MILLIS = 30_000;
const JITTER = 0.25;

export class Backoff {
  readonly #random: () => number;
  #firstMillis = FIRST_MILLIS;
  #failures = 0;

  /** `random` gives 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds until the next try; longer from call to call, never over 30 s. */
  next(): number {
    const planned = Math.min(this.#firstMillis * 2 ** this.#failures, LONGEST_MILLIS);
    this.#failures = Math.min(this.#failures + 1, 16);
    return Math.min(Math.round(planned * (1 - JITTER + 2 * JITTER * this.#random())), LONGEST_MILLIS);
  }

  /** The next wait is the first one again. */
  reset(): void {
    this.#failures = 0;
  }

  /** The server asks for another first wait (SSE `retry`). */
  startFrom(millis: number): void {
    this.#firstMillis = Math.min(Math.max(millis, 100), LONGEST_MILLIS);
  }
}

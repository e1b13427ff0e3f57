/**
 * One timer that sends every stream a comment each 15 seconds. The streams are spread over the seconds by when they came,
 * so that no turn of the loop has to write to all of them. Runs only while there are streams.
 */
import type { Clock, Timer } from '../../clock.ts';

const SLOTS = 15;
const SLOT_MILLIS = 1_000;

export interface KeptAlive {
  keepAlive(): void;
}

export class KeepAlive {
  readonly #clock: Clock;
  readonly #slots: readonly Set<KeptAlive>[] = Array.from({ length: SLOTS }, () => new Set<KeptAlive>());
  #slot = 0;
  #count = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Until the returned function is called. */
  add(stream: KeptAlive): () => void {
    const slot = this.#slots[this.#slot];
    slot?.add(stream);
    this.#count += 1;
    this.#timer ??= this.#clock.every(SLOT_MILLIS, () => this.#sweep());
    return () => {
      if (slot?.delete(stream) !== true) return;
      this.#count -= 1;
      if (this.#count > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #sweep(): void {
    this.#slot = (this.#slot + 1) % SLOTS;
    for (const stream of this.#slots[this.#slot] ?? []) stream.keepAlive();
  }
}

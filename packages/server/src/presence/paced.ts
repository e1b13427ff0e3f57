/**
 * An action that may be asked for at any rate and is done at most every so often: at once where it has not been for that
 * long, else when it has. Who asks several times meanwhile has it done once, so it must look at the state as it is then.
 */
import type { Clock, Timer } from '../clock.ts';

export interface Paced {
  ask(): void;
  /** Does it now, whenever it was done last; what was asked for is done with that. */
  now(): void;
  /** What was asked for and is not done yet never will be. */
  cancel(): void;
}

export function paced(clock: Clock, millis: number, act: () => void): Paced {
  let doneAt = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;

  function now(): void {
    cancel();
    doneAt = clock.monotonic();
    act();
  }

  function cancel(): void {
    timer?.cancel();
    timer = undefined;
  }

  return {
    ask() {
      if (timer !== undefined) return;
      const wait = doneAt + millis - clock.monotonic();
      if (wait <= 0) now();
      else timer = clock.after(wait, now);
    },
    now,
    cancel,
  };
}

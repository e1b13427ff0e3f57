/**
 * An even pace that does not wait for anybody: what should be sent when is fixed by the start and the rate. Whoever is
 * late sends what is due at once, with the time at which it should have gone; so a server that stalls is charged for all
 * that would have been sent meanwhile (no coordinated omission).
 */

/** Below this rate it is worth to spin for the last millisecond, which timers cannot hit. */
const SPINNING_RATE = 50;

export interface Pace {
  /** The intended time of message `index`, counted from 0, in milliseconds of the clock that `start` was read from. */
  intendedAt(index: number): number;
  /** How many should have been sent at `now`. */
  dueBy(now: number): number;
}

/** `rate` is messages a second. */
export function evenPace(rate: number, start: number): Pace {
  const gap = 1_000 / rate;
  return {
    intendedAt: (index) => start + index * gap,
    // The small part keeps a message from being missed by a rounding error.
    dueBy: (now) => (now < start ? 0 : Math.floor((now - start) / gap + 1e-6) + 1),
  };
}

/**
 * Calls `send` for every message of the pace when its time has come, until `end` (exclusive) or the signal. Resolves then.
 */
export function keepPace(options: {
  readonly rate: number;
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
  now(): number;
  /** `due` intended times, oldest first; at least one. */
  send(due: readonly number[]): void;
}): Promise<void> {
  const { rate, start, end, signal, now } = options;
  const pace = evenPace(rate, start);
  // The last one before the end.
  const total = Math.max(0, Math.ceil(((end - start) * rate) / 1_000 - 1e-6));
  let sent = 0;
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const at = now();
      const until = Math.min(total, pace.dueBy(at));
      try {
        if (until > sent) {
          const due = Array.from({ length: until - sent }, (_, index) => pace.intendedAt(sent + index));
          sent = until;
          options.send(due);
        }
      } catch (error) {
        reject(error);
        return;
      }
      if (sent >= total) {
        resolve();
        return;
      }
      const wait = pace.intendedAt(sent) - now();
      if (wait > 2) setTimeout(turn, Math.min(50, wait - 1.5));
      else if (rate <= SPINNING_RATE) setImmediate(turn);
      else setTimeout(turn, 1);
    };
    turn();
  });
}

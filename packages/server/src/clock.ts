/** Time, as everything in the server sees it: passed in, so that a test can hold it still. */

/** A pending call; `cancel` may be called any number of times. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start that never go back; for measuring. */
  monotonic(): number;
  /** Calls `action` once, after `millis`. The process may end before. */
  after(millis: number, action: () => void): Timer;
  /** Calls `action` each `millis` until cancelled. The process may end before. */
  every(millis: number, action: () => void): Timer;
}

/** The machine's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (millis, action) => {
    const handle = setTimeout(action, millis).unref();
    return { cancel: () => clearTimeout(handle) };
  },
  every: (millis, action) => {
    const handle = setInterval(action, millis).unref();
    return { cancel: () => clearInterval(handle) };
  },
};

/** Time, as everything in the client sees it: passed in, so that a test can hold it still. */

/** A pending call; `cancel` may be called any number of times. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `action` once, after `millis`. A pending call keeps a Node process alive: whoever waits is not done. */
  after(millis: number, action: () => void): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (millis, action) => {
    const handle = setTimeout(action, millis);
    return { cancel: () => clearTimeout(handle) };
  },
};

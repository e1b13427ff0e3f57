/** The machine's clock, so many times as fast: what takes 30 s in the field takes a second or two in a test. */
import type { Clock as ServerClock } from '@rtd/server';

/** For clients and servers alike. */
export interface FastClock extends ServerClock {
  /** Timers that neither went off nor were cancelled. */
  readonly pending: number;
}

export function fastClock(factor: number): FastClock {
  const start = Date.now();
  const pending = new Set<object>();
  return {
    now: () => Math.round(start + (Date.now() - start) * factor),
    monotonic: () => performance.now() * factor,
    after: (millis, action) => {
      const timer = {};
      pending.add(timer);
      const handle = setTimeout(() => {
        pending.delete(timer);
        action();
      }, millis / factor);
      return {
        cancel: () => {
          pending.delete(timer);
          clearTimeout(handle);
        },
      };
    },
    every: (millis, action) => {
      const handle = setInterval(action, millis / factor);
      return { cancel: () => clearInterval(handle) };
    },
    get pending() {
      return pending.size;
    },
  };
}

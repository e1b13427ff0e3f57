/** A clock that stands still until it is told to go on. */
import type { Clock } from '../src/clock.ts';

export interface ManualClock extends Clock {
  readonly pending: number;
  /** Goes on by so much, and makes every call that falls due on the way, in order; promises settle in between. */
  advance(millis: number): Promise<void>;
}

export function manualClock(now = Date.UTC(2026, 0, 31, 9)): ManualClock {
  const timers = new Set<{ readonly at: number; readonly action: () => void }>();
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    after: (millis, action) => {
      const timer = { at: now + millis, action };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    get pending() {
      return timers.size;
    },
    async advance(millis) {
      const end = now + millis;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.action();
        await settle();
      }
      now = end;
    },
  };
}

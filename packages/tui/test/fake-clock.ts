/** Time that stands still until a test moves it. */
import type { Clock } from '@rtd/client';

export interface FakeClock extends Clock {
  /** Moves time on, and calls what becomes due, in order. */
  advance(millis: number): void;
  /** How many calls are pending. */
  readonly pending: number;
}

export function createFakeClock(start = Date.parse('2026-11-21T12:00:00.000Z')): FakeClock {
  let now = start;
  let calls: { at: number; action: () => void }[] = [];
  return {
    now: () => now,
    after: (millis, action) => {
      const call = { at: now + millis, action };
      calls.push(call);
      return {
        cancel: () => {
          calls = calls.filter((one) => one !== call);
        },
      };
    },
    advance: (millis) => {
      const end = now + millis;
      for (;;) {
        const next = calls.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        calls = calls.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.action();
      }
      now = end;
    },
    get pending() {
      return calls.length;
    },
  };
}

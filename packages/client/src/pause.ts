/** Waits on the clock; resolves at once when `signal` aborts, and leaves neither timer nor listener behind. */
import type { Clock } from './clock.ts';

export function pause(clock: Clock, millis: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(millis, done);
    signal.addEventListener('abort', done);
  });
}

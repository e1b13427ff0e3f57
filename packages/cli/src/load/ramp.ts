/** Opens many connections: so many a second, and so many at a time. */
import { pause } from '../interruption.ts';

export interface RampOptions {
  readonly count: number;
  /** Infinity: as fast as they open. */
  readonly perSecond: number;
  /** Being opened at a time. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
  /** Settles when connection `index` is open, or has failed; never rejects. */
  open(index: number): Promise<void>;
}

/** Resolves when all have been tried; earlier on the signal, with those that were begun. */
export async function ramp({ count, perSecond, atOnce, signal, open }: RampOptions): Promise<void> {
  const start = performance.now();
  const gap = 1_000 / perSecond;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count && !signal.aborted) {
      const index = next;
      next += 1;
      await pause(start + index * gap - performance.now(), signal);
      if (!signal.aborted) await open(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
}

/**
 * A piece of a file as a market: its ticks are due as far apart as their times say. They get the time at which they are due,
 * as if it happened now, unless their own is to be kept.
 */
import type { TickInput } from '@rtd/protocol';
import type { TickSource } from './feed.ts';

export interface FilePace {
  /** 10: ten times as fast; Infinity: without a wait. */
  readonly speed: number;
  /** No gap is longer; Infinity for none. */
  readonly maxGapMillis: number;
  /** Ticks a second, for those without a time. */
  readonly rate: number;
  readonly keepTime: boolean;
}

/** When the next tick is due, over the pieces of a file. */
export class FileClock {
  readonly #pace: FilePace;
  #due: number;
  #lastTime: number | undefined;

  /** `start`: epoch milliseconds of the first tick. */
  constructor(pace: FilePace, start: number) {
    this.#pace = pace;
    this.#due = start;
  }

  /** Epoch milliseconds at which a tick of the time `timestamp` is due. */
  next(timestamp: string | undefined): number {
    const { speed, maxGapMillis, rate } = this.#pace;
    if (timestamp === undefined) {
      this.#due += Number.isFinite(speed) ? 1_000 / rate : 0;
      return this.#due;
    }
    const time = Date.parse(timestamp);
    // Out of order: there and then.
    const gap = Math.max(0, time - (this.#lastTime ?? time)) / speed;
    this.#lastTime = Math.max(time, this.#lastTime ?? time);
    this.#due += Math.min(gap, maxGapMillis);
    return this.#due;
  }

  delay(millis: number): void {
    this.#due += millis;
  }
}

/** `ticks` in their order. */
export function createFileMarket(ticks: readonly TickInput[], clock: FileClock, { keepTime }: FilePace): TickSource {
  const due = ticks.map((tick) => ({ tick, at: clock.next(tick.timestamp) }));
  let taken = 0;
  let delayed = 0;
  const nextAt = (): number => {
    const next = due[taken];
    return next === undefined ? Number.POSITIVE_INFINITY : next.at + delayed;
  };
  return {
    nextAt,
    take: (now, limit) => {
      const batch: TickInput[] = [];
      while (batch.length < limit && nextAt() <= now) {
        const tick = due[taken]?.tick;
        if (tick === undefined) break;
        batch.push(keepTime ? tick : { ...tick, timestamp: new Date(Math.floor(nextAt())).toISOString() });
        taken += 1;
      }
      return batch;
    },
    delay: (millis) => {
      delayed += millis;
      clock.delay(millis);
    },
  };
}

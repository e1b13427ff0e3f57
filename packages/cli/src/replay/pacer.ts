/**
 * The pace of a replay: says when the next thing is due, so that the gaps are those of the past, made shorter by the speed.
 * While it is held nothing is due, and time that passes does not count; after a hold, or a process that stood still, the
 * past goes on where it was instead of catching up in a burst.
 */
import { pause } from '../interruption.ts';

/** Later than this, for whatever reason, nothing is caught up. */
const LATE_MILLIS = 1_000;
/** Timers take no longer waits than some weeks. */
const LONGEST_TIMER_MILLIS = 3_600_000;

export interface PacerOptions {
  /** 10: ten times as fast as it was; Infinity: no wait at all. */
  readonly speed: number;
  /** No wait is longer; undefined: none is too long. */
  readonly maxGapMillis?: number | undefined;
  /** Milliseconds from any start. */
  readonly monotonic: () => number;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

export class Pacer {
  readonly #options: PacerOptions;
  #speed: number;
  /** Time of the thing that was due last, epoch milliseconds. */
  #lastTime: number | undefined;
  /** When it was due, by the monotonic clock. */
  #lastDue = 0;
  readonly #holds = new Set<string>();
  #waitMillis = 0;
  #changed = new AbortController();

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#speed = options.speed;
  }

  /** Milliseconds that the present wait still takes; 0 where there is none. */
  get waitMillis(): number {
    return this.#waitMillis;
  }

  get isHeld(): boolean {
    return this.#holds.size > 0;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Counts from the next gap on. */
  set speed(speed: number) {
    this.#speed = speed;
  }

  /** Nothing is due until every reason to hold is gone. */
  hold(reason: string): void {
    this.#holds.add(reason);
    this.#change();
  }

  release(reason: string): void {
    this.#holds.delete(reason);
    this.#change();
  }

  /** Ends the present wait. */
  skip(): void {
    this.#waitMillis = 0;
    this.#change();
  }

  /** Resolves when something of `time` (epoch milliseconds) is due, at once for the first; also when the signal aborts. */
  async due(time: number): Promise<void> {
    const { monotonic, maxGapMillis = Number.POSITIVE_INFINITY, signal } = this.#options;
    const gap = Math.min(Math.max(0, time - (this.#lastTime ?? time)) / this.#speed, maxGapMillis);
    this.#waitMillis = this.#lastTime === undefined ? 0 : this.#lastDue + gap - monotonic();
    // What comes late must not make the next ones come at once.
    if (this.#waitMillis < -LATE_MILLIS) this.#waitMillis = 0;
    while (!signal.aborted && (this.isHeld || this.#waitMillis > 0)) await this.#waitAWhile();
    this.#lastTime = Math.max(time, this.#lastTime ?? time);
    const late = Math.min(0, this.#waitMillis);
    this.#lastDue = monotonic() + (late < -LATE_MILLIS ? 0 : late);
    this.#waitMillis = 0;
  }

  /** Until something changes or the time is over; while it is held no time passes. */
  async #waitAWhile(): Promise<void> {
    const { monotonic, signal } = this.#options;
    const held = this.isHeld;
    const started = monotonic();
    const before = this.#waitMillis;
    this.#changed = new AbortController();
    const either = AbortSignal.any([signal, this.#changed.signal]);
    await pause(held ? LONGEST_TIMER_MILLIS : Math.min(before, LONGEST_TIMER_MILLIS), either);
    // Otherwise it was skipped meanwhile.
    if (!held && this.#waitMillis === before) this.#waitMillis -= monotonic() - started;
  }

  #change(): void {
    this.#changed.abort();
  }
}

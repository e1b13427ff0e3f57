/** A clock that stands still until it is told to go on; timers run in the order of their time. */
import type { Clock, Timer } from '../src/clock.ts';

interface Pending {
  at: number;
  readonly every: number | undefined;
  readonly action: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #pending = new Set<Pending>();

  constructor(now = Date.parse('2026-01-31T09:00:00.000Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(millis: number, action: () => void): Timer {
    return this.#add({ at: this.#now + millis, every: undefined, action });
  }

  every(millis: number, action: () => void): Timer {
    return this.#add({ at: this.#now + millis, every: millis, action });
  }

  /** How many timers wait: none must be left once their owner has closed. */
  get timers(): number {
    return this.#pending.size;
  }

  pass(millis: number): void {
    const end = this.#now + millis;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at;
      if (next.every === undefined) this.#pending.delete(next);
      else next.at += next.every;
      next.action();
    }
    this.#now = end;
  }

  #next(end: number): Pending | undefined {
    const due = [...this.#pending].filter((pending) => pending.at <= end);
    return due.sort((one, other) => one.at - other.at)[0];
  }

  #add(pending: Pending): Timer {
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }
}

/**
 * The newest ticks in the order in which they came here, to resume from without asking the log. Fixed in size: a new tick
 * takes the place of the oldest.
 */
import type { LogPosition } from '@rtd/protocol';
import type { SymbolFilter } from './market-room.ts';
import { covers, placeAt, type RingTick } from './placed-tick.ts';

export class ReplayRing {
  readonly #capacity: number;
  readonly #ticks: RingTick[] = [];
  /** Index of the oldest, once the ring is full. */
  #start = 0;
  /** Everything behind this place is in the ring. */
  readonly #floor: number[];

  constructor(capacity: number, floor: LogPosition) {
    this.#capacity = capacity;
    this.#floor = [...floor];
  }

  get length(): number {
    return this.#ticks.length;
  }

  push(tick: RingTick): void {
    if (this.#ticks.length < this.#capacity) {
      this.#ticks.push(tick);
      return;
    }
    const oldest = this.#ticks[this.#start];
    if (oldest !== undefined) this.#floor[oldest.partition] = oldest.offset;
    this.#ticks[this.#start] = tick;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  /** True when the ring has everything behind `cursor`. */
  reaches(cursor: LogPosition): boolean {
    return covers(cursor, this.#floor);
  }

  /** The offset of `partition` behind which the ring has everything. */
  floorOf(partition: number): number {
    return this.#floor[partition] ?? -1;
  }

  /**
   * At most `limit` ticks behind `cursor` that fit, placed as one sees them who comes from there. Moves `cursor` behind all
   * that it looked at; `end` when that was everything.
   */
  take(cursor: number[], filter: SymbolFilter, limit: number): { readonly ticks: RingTick[]; readonly end: boolean } {
    const ticks: RingTick[] = [];
    for (let index = this.#firstBehind(cursor); index < this.#ticks.length; index += 1) {
      const entry = this.#at(index);
      if (entry === undefined || entry.offset <= (cursor[entry.partition] ?? -1)) continue;
      if (filter !== undefined && !filter.has(entry.tick.symbol)) {
        cursor[entry.partition] = entry.offset;
        continue;
      }
      if (ticks.length === limit) return { ticks, end: false };
      cursor[entry.partition] = entry.offset;
      // Who is in step with the room shares its entry; who came from elsewhere needs its own place.
      ticks.push(covers(entry.position, cursor) ? entry : placeAt(cursor, entry));
    }
    return { ticks, end: true };
  }

  #at(index: number): RingTick | undefined {
    return this.#ticks[(this.#start + index) % this.#ticks.length];
  }

  /** Positions only grow along the ring, so that the first tick which `cursor` does not cover can be searched in halves. */
  #firstBehind(cursor: LogPosition): number {
    let low = 0;
    let high = this.#ticks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#at(middle);
      if (entry !== undefined && covers(cursor, entry.position)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

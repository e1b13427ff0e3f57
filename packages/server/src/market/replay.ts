/**
 * Reads a client's way from a place in the past up to now: out of the log what the ring no longer has, then out of the
 * ring. The cursor is the place right behind the last tick that was given out, so that a replay can stop anywhere.
 */
import type { LogPosition } from '@rtd/protocol';
import type { SymbolFilter } from './market-room.ts';
import { covers, placeAt, type RingTick } from './placed-tick.ts';
import type { ReplayRing } from './replay-ring.ts';
import type { TickLog } from './tick-log.ts';

/** `more`: there may be more; `end`: that was all there is now; `gone`: retention was faster than the reader. */
export type ReplayPage =
  | { readonly kind: 'more' | 'end'; readonly ticks: readonly RingTick[] }
  | { readonly kind: 'gone' };

export interface ReplaySource {
  readonly ring: ReplayRing;
  readonly tickLog: TickLog;
  /** Where the room is: it has taken everything up to here. */
  readonly position: LogPosition;
}

export class Replay {
  readonly #source: ReplaySource;
  readonly #filter: SymbolFilter;
  readonly cursor: number[];

  constructor(source: ReplaySource, from: LogPosition, filter: SymbolFilter) {
    this.#source = source;
    this.#filter = filter;
    this.cursor = [...from];
  }

  /** The next page when the ring has it; undefined when the log has to be asked. */
  fromRing(limit: number): ReplayPage | undefined {
    const { ring } = this.#source;
    if (!ring.reaches(this.cursor)) return undefined;
    const { ticks, end } = ring.take(this.cursor, this.#filter, limit);
    return { kind: end ? 'end' : 'more', ticks };
  }

  /** The next page out of the log. @throws RtdError UNAVAILABLE */
  async fromLog(limit: number): Promise<ReplayPage> {
    const { ring, tickLog, position } = this.#source;
    const partition = this.cursor.findIndex((offset, index) => offset < ring.floorOf(index));
    if (partition === -1) return { kind: 'more', ticks: [] };
    const page = await tickLog.read(partition, (this.cursor[partition] ?? -1) + 1, limit);
    if (page.kind === 'gone') return { kind: 'gone' };
    const ticks: RingTick[] = [];
    for (const logged of page.ticks) {
      if (this.#filter === undefined || this.#filter.has(logged.tick.symbol)) ticks.push(placeAt(this.cursor, logged));
    }
    // A log may have holes at its end: the room never comes to such a place, and nobody may wait for it there.
    const seen = Math.min(page.next - 1, position[partition] ?? -1);
    this.cursor[partition] = Math.max(this.cursor[partition] ?? -1, seen);
    return { kind: 'more', ticks };
  }

  /** False when the cursor has come from a server, or out of the log, that is further than this room: it has to wait. */
  get isInRoom(): boolean {
    return covers(this.#source.position, this.cursor);
  }
}

/** Reads the whole log at start, and keeps what the room begins with. */
import type { LogPosition } from '@rtd/protocol';
import { placeAt } from './placed-tick.ts';
import { ReplayRing } from './replay-ring.ts';
import type { LoggedTick, TickLog } from './tick-log.ts';

const PAGE = 8_192;

interface PartitionEnd {
  readonly newest: readonly LoggedTick[];
  /** The last offset that is not among `newest`. */
  readonly floor: number;
  /** The last offset that was read. */
  readonly position: number;
}

/**
 * Gives every tick of the log to `take`, in order a partition. Resolves with the place that it has come to and a ring that
 * holds the newest `ringTicks`. @throws RtdError UNAVAILABLE
 */
export async function rebuild(
  tickLog: TickLog,
  ringTicks: number,
  take: (tick: LoggedTick) => void,
): Promise<{ readonly ring: ReplayRing; readonly position: number[] }> {
  const bounds = await tickLog.bounds();
  const ends = await Promise.all(
    bounds.map(({ earliest, next }, partition) => readPartition(tickLog, partition, earliest, next, ringTicks, take)),
  );
  const position = ends.map((end) => end.position);
  return { ring: ringOf(ends, ringTicks), position };
}

async function readPartition(
  tickLog: TickLog,
  partition: number,
  earliest: number,
  end: number,
  ringTicks: number,
  take: (tick: LoggedTick) => void,
): Promise<PartitionEnd> {
  let offset = earliest;
  let floor = earliest - 1;
  let newest: (readonly LoggedTick[])[] = [];
  let count = 0;
  while (offset < end) {
    const page = await tickLog.read(partition, offset, PAGE);
    if (page.kind === 'gone') {
      offset = page.earliest;
      floor = page.earliest - 1;
      newest = [];
      count = 0;
      continue;
    }
    if (page.next === offset) break;
    for (const tick of page.ticks) take(tick);
    newest.push(page.ticks);
    count += page.ticks.length;
    for (let first = newest[0]; first !== undefined && count - first.length >= ringTicks; first = newest[0]) {
      newest.shift();
      count -= first.length;
      floor = first.at(-1)?.offset ?? floor;
    }
    offset = page.next;
  }
  return { newest: newest.flat(), floor, position: offset - 1 };
}

/** The newest of all partitions, by their time as far as each partition's own order allows. */
function ringOf(ends: readonly PartitionEnd[], ringTicks: number): ReplayRing {
  const floor: LogPosition = ends.map((end) => end.floor);
  const ring = new ReplayRing(ringTicks, floor);
  const position = [...floor];
  const heads = ends.map(() => 0);
  for (;;) {
    let oldest: LoggedTick | undefined;
    for (const [index, end] of ends.entries()) {
      const head = end.newest[heads[index] ?? 0];
      if (head !== undefined && (oldest === undefined || head.tick.timestamp < oldest.tick.timestamp)) oldest = head;
    }
    if (oldest === undefined) return ring;
    heads[oldest.partition] = (heads[oldest.partition] ?? 0) + 1;
    ring.push(placeAt(position, oldest));
  }
}

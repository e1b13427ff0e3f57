/** Ticks with their place in the log, and arithmetic of places. */
import type { LogPosition } from '@rtd/protocol';
import type { PlacedTick } from './market-room.ts';
import type { LoggedTick } from './tick-log.ts';

/** A tick as the ring keeps it: with the room's whole position right behind it. */
export interface RingTick extends LoggedTick, PlacedTick {}

/** True when everything up to `position` lies at or before `other` too. */
export function covers(other: LogPosition, position: LogPosition): boolean {
  for (let partition = 0; partition < position.length; partition += 1) {
    if ((position[partition] ?? -1) > (other[partition] ?? -1)) return false;
  }
  return true;
}

/** Moves `position` behind `logged` and returns the tick placed there. */
export function placeAt(position: number[], logged: LoggedTick): RingTick {
  position[logged.partition] = Math.max(position[logged.partition] ?? -1, logged.offset);
  return { partition: logged.partition, offset: logged.offset, tick: logged.tick, position: position.slice() };
}

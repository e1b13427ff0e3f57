/**
 * The last few deliveries of a conversation: where a reader who catches up meets the live ones, without asking the store
 * for what has just gone by. Bounded by count, by size and (through `forgetBefore`) by age, so a quiet conversation holds nothing.
 */
import type { Delivery } from './chat-room.ts';

const MAX_ENTRIES = 1_024;
const MAX_CHARACTERS = 262_144;

interface Recent {
  readonly delivery: Delivery;
  /** Monotonic milliseconds. */
  readonly at: number;
}

export interface RecentDeliveries {
  /** Of the seq right behind the last one. */
  push(delivery: Delivery, at: number): void;
  /** All behind `seq` up to the last one pushed; undefined where the oldest of them is forgotten. `last`: the last seq there is. */
  after(seq: number, last: number): readonly Delivery[] | undefined;
  forgetBefore(at: number): void;
}

export function createRecentDeliveries(): RecentDeliveries {
  let recent: Recent[] = [];
  /** Entries before it are forgotten already; they are cut off now and then, not one by one. */
  let start = 0;
  let characters = 0;

  const weigh = (delivery: Delivery) => delivery.message.content.length + 200;

  function forgetFirst(): void {
    const first = recent[start];
    if (first === undefined) return;
    characters -= weigh(first.delivery);
    start += 1;
    if (start * 2 <= recent.length) return;
    recent = recent.slice(start);
    start = 0;
  }

  return {
    push(delivery, at) {
      recent.push({ delivery, at });
      characters += weigh(delivery);
      while (recent.length - start > MAX_ENTRIES || characters > MAX_CHARACTERS) forgetFirst();
    },
    after(seq, last) {
      if (seq >= last) return [];
      const first = recent[start];
      if (first === undefined || first.delivery.message.seq > seq + 1) return undefined;
      return recent.slice(start + (seq + 1 - first.delivery.message.seq)).map((entry) => entry.delivery);
    },
    forgetBefore(at) {
      for (let first = recent[start]; first !== undefined && first.at < at; first = recent[start]) forgetFirst();
    },
  };
}

/** Who gets the entries of a topic, and in which bytes. */
import type { Outlet } from './outlet.ts';

export interface Subscriber<Entry> {
  readonly outlet: Outlet;
  /** Subscribers with equal keys get equal bytes: one of them encodes for all. */
  readonly groupKey: string;
  /** The framed bytes of `entries`, in order, as one piece. Pure: same entries, same bytes, for the whole group. */
  encode(entries: readonly Entry[]): Uint8Array;
  /** Told after the bytes of `entries` were handed to the outlet. Leave it out where nobody needs to know: it costs a call a client. */
  handed?(entries: readonly Entry[]): void;
  /** Told once, instead of being written to, when a `close` topic finds the outlet over its budget. It is unsubscribed by then. */
  overflowed?(firstMissed: Entry): void;
}

/**
 * What happens to a subscriber whose outlet is over its budget:
 * `close` the client is closed and told where to resume (chat); `conflate` it gets the newest entry a key when it can
 * take it again (ticks); `drop` it misses the entry (typing, presence).
 */
export type OverflowPolicy<Entry> =
  | { readonly kind: 'close' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'conflate'; keyOf(entry: Entry): string };

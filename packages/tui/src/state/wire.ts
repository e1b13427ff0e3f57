/** The view of what goes over the wire: the newest chunks as they were when the view was told last. Pure. */

/** What stands before the payload of a WebSocket frame, as it was on the wire (RFC 6455, section 5.2). */
export interface FrameHead {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  /** Undefined where the MASK bit is 0. */
  readonly maskingKey: Uint8Array | undefined;
  readonly lengthField: number;
  /** Octet by octet. */
  readonly octets: Uint8Array;
}

/** One piece as it went: a WebSocket frame, or what of an event stream came at once. Secrets are masked already. */
export interface WireEntry {
  /** Counts up from 1. */
  readonly number: number;
  readonly link: 'stomp' | 'sse';
  readonly direction: 'in' | 'out';
  /** Epoch milliseconds. */
  readonly at: number;
  /** Octets on the wire, without the WebSocket frame's own head. */
  readonly size: number;
  /** Of these, how many are in `text`: the first. */
  readonly kept: number;
  readonly text: string;
  /** Undefined for what is no WebSocket frame: an event stream, and the HTTP that a WebSocket begins with. */
  readonly head: FrameHead | undefined;
}

export interface WireView {
  readonly entries: readonly WireEntry[];
  /** What comes is not shown until it is taken off. */
  readonly paused: boolean;
  readonly filter: string;
  readonly filtering: boolean;
  /** The entry that is shown in full; the newest when undefined. */
  readonly chosen: number | undefined;
  /** What takes the whole page, from row `row` of it on; undefined: the list is there. */
  readonly full: { readonly entry: WireEntry; readonly row: number } | undefined;
}

export type WireEvent =
  | { readonly kind: 'entries'; readonly entries: readonly WireEntry[] }
  | { readonly kind: 'paused'; readonly paused: boolean }
  | { readonly kind: 'filtered'; readonly filter: string; readonly filtering: boolean }
  /** Negative is up, to older ones. */
  | { readonly kind: 'moved'; readonly by: number }
  /** The chosen one takes the whole page. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'turned'; readonly row: number }
  | { readonly kind: 'closed' };

export const QUIET_WIRE: WireView = {
  entries: [],
  paused: false,
  filter: '',
  filtering: false,
  chosen: undefined,
  full: undefined,
};

export function listedEntries({ entries, filter }: WireView): readonly WireEntry[] {
  const wanted = filter.toLowerCase();
  return wanted === '' ? entries : entries.filter((entry) => searchable(entry).includes(wanted));
}

function searchable({ link, direction, text }: WireEntry): string {
  return `${link} ${direction} ${text}`.toLowerCase();
}

export function reduceWire(wire: WireView, event: WireEvent): WireView {
  switch (event.kind) {
    case 'entries':
      return wire.paused ? wire : { ...wire, entries: event.entries };
    case 'paused':
      return event.paused === wire.paused ? wire : { ...wire, paused: event.paused };
    case 'filtered':
      return { ...wire, filter: event.filter, filtering: event.filtering, chosen: undefined };
    case 'moved': {
      const listed = listedEntries(wire);
      const at =
        wire.chosen === undefined ? listed.length - 1 : listed.findIndex(({ number }) => number === wire.chosen);
      const to = Math.max(0, at + event.by);
      // At the end the view follows what comes.
      const chosen = to >= listed.length - 1 ? undefined : listed[to]?.number;
      const entry = listed[Math.min(to, listed.length - 1)];
      const full = wire.full === undefined || entry === undefined ? undefined : { entry, row: 0 };
      return { ...wire, chosen, full };
    }
    case 'opened': {
      const listed = listedEntries(wire);
      const entry = listed.find(({ number }) => number === wire.chosen) ?? listed.at(-1);
      // It stays the chosen one, whatever comes meanwhile.
      return entry === undefined ? wire : { ...wire, chosen: entry.number, full: { entry, row: 0 } };
    }
    case 'turned':
      return wire.full === undefined ? wire : { ...wire, full: { ...wire.full, row: event.row } };
    case 'closed':
      return { ...wire, full: undefined };
  }
}

/**
 * Live prices over SSE. It promises every tick after the snapshot once, in order per symbol, over any sequence of cuts
 * (resumed by Last-Event-ID), and says honestly when it cannot: `reset`, then a new snapshot.
 */
import type { Tick } from '@rtd/protocol';
import type { Clock } from './clock.ts';
import type { HttpApi } from './http-api.ts';
import type { ClientIdentity } from './identity.ts';
import type { LinkState, Unsubscribe, WireChunk } from './link-state.ts';

/** `auto`: SSE, and long polling where a proxy holds the stream back. */
export type MarketTransport = 'auto' | 'sse' | 'poll';

export interface MarketOptions {
  /** `http://127.0.0.1:8080`; a bare `host:port`, and ws(s), are understood too. */
  readonly url: string;
  /** Left out: all. */
  readonly symbols?: readonly string[] | undefined;
  /** At most one tick a symbol in that many milliseconds, the newest. */
  readonly conflateMillis?: number | undefined;
  readonly identity?: ClientIdentity | undefined;
  /** Resume behind this id, of an earlier `lastEventId`. */
  readonly lastEventId?: string | undefined;
  readonly transport?: MarketTransport | undefined;
  readonly onWire?: ((chunk: WireChunk) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface MarketEvents {
  state: (state: LinkState) => void;
  /** The latest tick of every symbol: at the start, and after a `reset`. */
  snapshot: (ticks: readonly Tick[]) => void;
  tick: (tick: Tick) => void;
  /** Ticks may be missing before the snapshot that follows. */
  reset: (reason: string) => void;
}

export interface MarketStream {
  readonly api: HttpApi;
  readonly state: LinkState;
  /** The place in the log of the last tick that was handed over. */
  readonly lastEventId: string | undefined;
  on<E extends keyof MarketEvents>(event: E, listener: MarketEvents[E]): Unsubscribe;
  /** Tries at once, also out of `refused` and `offline`. */
  reconnectNow(): void;
  goOffline(): void;
  close(): void;
}

/** The one clear answer to "am I connected?", the same for chat and market. */
import type { RtdError } from '@rtd/protocol';

export type LinkState =
  /** Not connected and not trying: not started, told to stay off, or closed. */
  | { readonly kind: 'offline' }
  | { readonly kind: 'connecting' }
  /** Everything arrives as it happens: WebSocket for chat, SSE for the market. */
  | { readonly kind: 'live' }
  /** Everything arrives, a little later: long polling, because the better transport cannot be had. It is tried again now and then. */
  | { readonly kind: 'polling' }
  /** The next try is at `retryAt` (epoch milliseconds of the clock), `retryInMillis` from when this state began. `why` is for people. */
  | { readonly kind: 'waiting'; readonly retryAt: number; readonly retryInMillis: number; readonly why: string }
  /** The server said no (wrong token, no permission, not an RTD server): it is not tried again by itself. */
  | { readonly kind: 'refused'; readonly error: RtdError };

/** Bytes as they went over the wire, tokens and all: whoever shows them masks them. */
export interface WireChunk {
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Takes a listener away again; may be called any number of times. */
export type Unsubscribe = () => void;

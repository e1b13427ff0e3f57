/**
 * What a STOMP session needs of the connection under it. WebSocket and every SockJS transport provide one; a session
 * neither knows nor cares which.
 */
import type { Outlet } from '../../fan-out/outlet.ts';

export interface StompTransport extends Outlet {
  /** Names the way that a STOMP frame must be wrapped; subscribers share bytes only within one framing. May change from text to binary once, at CONNECT. */
  readonly framing: string;
  /** Wraps the bytes of one STOMP frame (or of a lone EOL, the heart-beat) for this transport: what `write` takes. */
  frame(stomp: Uint8Array): Uint8Array;
  /** For the log and for limits: the address of the peer. */
  readonly peerAddress: string;
  /** `websocket`, `xhr-streaming`, … for metrics. */
  readonly kind: string;
  /** Everything written before is flushed, then the connection closes; it is destroyed when the peer takes too long. */
  close(code: number, reason: string): void;
  /** Stops and restarts reading from the peer: back-pressure on who sends faster than it is served. */
  pause(): void;
  resume(): void;
}

/** What a transport tells its session. Nothing comes after `closed`. */
export interface StompTransportEvents {
  /** Empty where the peer only gave a sign of life. */
  received(bytes: Uint8Array): void;
  /** The peer sent a message that is over the transport's limit; the transport closes after this call. */
  tooLarge?(): void;
  closed(): void;
}

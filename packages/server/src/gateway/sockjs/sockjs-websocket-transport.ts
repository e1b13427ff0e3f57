/**
 * SockJS's framed WebSocket (`/{server}/{session}/websocket`) over our own WebSocket path: the same limits, the same
 * shared bytes, the same rules for a slow reader; only the wrapping differs (`o`, `a["…"]`, `h`, `c[code,"reason"]`).
 *
 * Source: the SockJS protocol 0.3.3, "Framing accepted by the client" and "WebSocket protocols".
 */
import type { Clock, Timer } from '../../clock.ts';
import type { StompTransport, StompTransportEvents } from '../stomp/stomp-transport.ts';
import { arrayFrame, messagesIn } from './sockjs-framing.ts';

/** SockJS's own default: a sign of life for proxies that cut what is silent. */
const HEARTBEAT_MILLIS = 25_000;
const BROKEN_FRAMING = 3_000;

export class SockjsWebSocketTransport implements StompTransport {
  readonly kind = 'sockjs-websocket';
  readonly #inner: StompTransport;
  readonly #heartbeat: Timer;

  constructor(inner: StompTransport, clock: Clock) {
    this.#inner = inner;
    inner.write(inner.frame(Buffer.from('o')));
    const heartbeat = inner.frame(Buffer.from('h'));
    this.#heartbeat = clock.every(HEARTBEAT_MILLIS, () => inner.write(heartbeat));
  }

  get framing(): string {
    return `sockjs+${this.#inner.framing}`;
  }

  get peerAddress(): string {
    return this.#inner.peerAddress;
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes;
  }

  get isOpen(): boolean {
    return this.#inner.isOpen;
  }

  frame(stomp: Uint8Array): Uint8Array {
    return this.#inner.frame(arrayFrame(stomp));
  }

  write(framed: Uint8Array): void {
    this.#inner.write(framed);
  }

  onceDrained(listener: () => void): void {
    this.#inner.onceDrained(listener);
  }

  close(code: number, reason: string): void {
    this.#heartbeat.cancel();
    this.#inner.write(this.#inner.frame(Buffer.from(`c${JSON.stringify([code, reason])}`)));
    this.#inner.close(code, reason);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  /** What the WebSocket under it is to be given: unwraps what the client sends, and hands it to the session's `events`. */
  unwrapping(events: StompTransportEvents): StompTransportEvents {
    return {
      received: (payload) => {
        const messages = messagesIn(payload);
        if (messages === undefined) {
          this.close(BROKEN_FRAMING, 'Broken framing.');
          return;
        }
        for (const message of messages) events.received(Buffer.from(message));
      },
      tooLarge: () => events.tooLarge?.(),
      closed: () => {
        this.#heartbeat.cancel();
        events.closed();
      },
    };
  }
}

/**
 * A STOMP transport over one of SockJS's HTTP transports (xhr, xhr-streaming, eventsource, htmlfile, jsonp), which the
 * `sockjs` library speaks.
 *
 * The library queues without a bound and says nothing of its queue, while every outlet of ours must know its own. So the
 * two places where bytes wait are looked at directly: the session's messages that no request has fetched yet, and the
 * response that they are being written to. Both are parsed, not trusted: were another version of the library to name
 * them differently, the connection would be refused at once rather than grow in silence.
 */
import type { Connection } from 'sockjs';
import { z } from 'zod';
import type { Clock, Timer } from '../../clock.ts';
import type { StompTransport, StompTransportEvents } from '../stomp/stomp-transport.ts';
import { framesIn, lengthPrefixed } from './sockjs-framing.ts';

const Session = z.object({
  send_buffer: z.array(z.string()),
  recv: z.object({ response: z.object({ writableLength: z.number() }).nullish() }).nullish(),
});

/** How often a waiting transport looks whether its queue is empty: the library has no event for it. */
const DRAIN_LOOK_MILLIS = 50;

export class SockjsHttpTransport implements StompTransport {
  readonly framing = 'sockjs-http';
  readonly kind: string;
  readonly peerAddress: string;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #maxPausedBytes: number;
  #events: StompTransportEvents | undefined;
  #drainListeners: (() => void)[] = [];
  #drainLook: Timer | undefined;
  #open = true;
  #paused = false;
  #pausedMessages: string[] = [];
  #pausedBytes = 0;

  constructor(connection: Connection, clock: Clock, options: { maxPausedBytes: number; address: string | undefined }) {
    this.#connection = connection;
    this.#clock = clock;
    this.#maxPausedBytes = options.maxPausedBytes;
    this.kind = `sockjs-${connection.protocol}`;
    this.peerAddress = options.address ?? connection.remoteAddress;
  }

  /** Starts giving `events` what the client sends. */
  attach(events: StompTransportEvents): void {
    this.#events = events;
    this.#connection.on('data', (message: unknown) => this.#received(message));
    this.#connection.on('close', () => this.#closed());
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get queuedBytes(): number {
    const { send_buffer: waiting, recv } = Session.parse(
      Reflect.get(this.#connection, '_session') ?? { send_buffer: [] },
    );
    return waiting.reduce((sum, message) => sum + message.length, recv?.response?.writableLength ?? 0);
  }

  frame(stomp: Uint8Array): Uint8Array {
    return lengthPrefixed(stomp);
  }

  write(framed: Uint8Array): void {
    if (!this.#open) return;
    for (const frame of framesIn(framed)) this.#connection.write(frame);
  }

  onceDrained(listener: () => void): void {
    this.#drainListeners.push(listener);
    this.#drainLook ??= this.#clock.every(DRAIN_LOOK_MILLIS, () => {
      if (!this.#open || this.queuedBytes === 0) this.#drained();
    });
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    // Typed as a string, documented and sent as a number.
    Reflect.apply(this.#connection.close, this.#connection, [code, reason]);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    while (!this.#paused) {
      const message = this.#pausedMessages.shift();
      if (message === undefined) break;
      this.#pausedBytes -= message.length;
      this.#events?.received(Buffer.from(message));
    }
  }

  #received(message: unknown): void {
    if (!this.#open) return;
    if (typeof message !== 'string') {
      this.close(3_000, 'Broken framing.');
      return;
    }
    if (!this.#paused) {
      this.#events?.received(Buffer.from(message));
      return;
    }
    // An HTTP request that has arrived cannot be put back: what comes while paused waits here, within a bound.
    this.#pausedBytes += message.length;
    this.#pausedMessages.push(message);
    if (this.#pausedBytes > this.#maxPausedBytes) this.close(1_008, 'Sends faster than it is served.');
  }

  #closed(): void {
    this.#open = false;
    this.#drained();
    this.#pausedMessages = [];
    this.#events?.closed();
    this.#events = undefined;
  }

  #drained(): void {
    this.#drainLook?.cancel();
    this.#drainLook = undefined;
    const listeners = this.#drainListeners;
    this.#drainListeners = [];
    for (const listener of listeners) listener();
  }
}

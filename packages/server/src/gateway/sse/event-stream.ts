/**
 * One open event stream: its response's head, then bytes straight on the socket. Ends with the client, with its owner's
 * access, or when the gateway says so; gives everything back exactly once.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Identity } from '../../auth/identity.ts';
import type { Clock, Timer } from '../../clock.ts';
import { SocketOutlet, type SocketWriter } from '../../fan-out/socket-outlet.ts';
import type { Subscriber } from '../../fan-out/subscriber.ts';
import type { TopicSubscription } from '../../fan-out/topic.ts';
import type { PlacedTick } from '../../market/market-room.ts';
import { encodeKeepAlive, encodeRetry, encodeTicks, type Framing } from './stream-encoding.ts';

/** The headers of every answer to `GET` and `HEAD /stream` (contract, section 4). */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** The longest that a timer can be set for. */
const LONGEST_TIMER_MILLIS = 2_147_483_647;

export class EventStream {
  readonly identity: Identity;
  readonly framing: Framing;
  readonly outlet: SocketOutlet;
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #subscription: TopicSubscription | undefined;
  #expiry: Timer | undefined;

  /** Sends the head and the reconnection time at once. */
  constructor(response: ServerResponse, socket: Socket, identity: Identity, writer: SocketWriter, clock: Clock) {
    this.identity = identity;
    this.#response = response;
    this.#socket = socket;
    this.#clock = clock;
    response.writeHead(200, STREAM_HEADERS);
    response.flushHeaders();
    this.framing = response.chunkedEncoding ? 'chunked' : 'bare';
    this.outlet = new SocketOutlet(socket, writer);
    this.outlet.write(encodeRetry(this.framing));
    response.once('close', () => this.#release());
    this.#watchExpiry();
  }

  get isOpen(): boolean {
    return this.outlet.isOpen;
  }

  /** What a topic needs to send this stream its ticks. */
  get subscriber(): Subscriber<PlacedTick> {
    return SUBSCRIBERS[this.framing](this.outlet);
  }

  /** The ticks that end with the stream. */
  follow(subscription: TopicSubscription): void {
    if (this.isOpen) this.#subscription = subscription;
    else subscription.unsubscribe();
  }

  /** A client that has not even taken what it has been sent needs no sign of life from us. */
  keepAlive(): void {
    if (this.outlet.queuedBytes === 0) this.outlet.write(encodeKeepAlive(this.framing));
  }

  /** Ends the response behind what was written, and the connection with it. */
  end(): void {
    if (!this.isOpen) return;
    this.#subscription?.unsubscribe();
    this.outlet.shut();
    this.#response.end();
    this.#socket.end();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.outlet.destroy();
  }

  #watchExpiry(): void {
    const { expiresAt } = this.identity;
    if (expiresAt === undefined) return;
    const left = expiresAt - this.#clock.now();
    if (left <= 0) this.end();
    else this.#expiry = this.#clock.after(Math.min(left, LONGEST_TIMER_MILLIS), () => this.#watchExpiry());
  }

  #release(): void {
    this.#subscription?.unsubscribe();
    this.#expiry?.cancel();
    this.outlet.ended();
  }
}

const SUBSCRIBERS: Readonly<Record<Framing, (outlet: SocketOutlet) => Subscriber<PlacedTick>>> = {
  chunked: (outlet) => ({ outlet, groupKey: 'sse chunked', encode: encodeChunked }),
  bare: (outlet) => ({ outlet, groupKey: 'sse bare', encode: encodeBare }),
};

function encodeChunked(entries: readonly PlacedTick[]): Uint8Array {
  return encodeTicks(entries, 'chunked');
}

function encodeBare(entries: readonly PlacedTick[]): Uint8Array {
  return encodeTicks(entries, 'bare');
}

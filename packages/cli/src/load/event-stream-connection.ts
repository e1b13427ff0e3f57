/** One event stream of a load test: plain HTTP on the callbacks of the socket; bytes that were seen before are not parsed. */
import type { Socket } from 'node:net';
import { SseDecoder } from '@rtd/protocol';
import { headerOf, parseHead, requestHead } from '../wire/http-head.ts';
import type { Target } from '../wire/target.ts';
import { ChunkedBody } from './chunked-body.ts';
import { openLoadSocket } from './load-socket.ts';
import type { SeenBytes } from './seen-bytes.ts';
import type { Stamps } from './stamp.ts';
import type { Headers } from './stomp-load-connection.ts';

const LONGEST_HEAD = 65_536;
const HEAD_END = Buffer.from('\r\n\r\n');

export interface EventStreamOptions {
  readonly target: Target;
  readonly localAddress: string | undefined;
  /** With its query, behind the target's prefix. */
  readonly path: string;
  readonly headers: Headers;
  readonly stamps: Stamps;
  /** Shared by all that ask for the same stream. */
  readonly seen: SeenBytes;
}

export interface EventStreamListener {
  /** The server has begun the stream. */
  onReady(): void;
  /** Events have come: the number of each stamp, -1 where there was none of this run. Once a read. */
  onMessages(numbers: readonly number[]): void;
  onBytes(length: number): void;
  /** Called once, whoever ended it. */
  onClosed(why: string): void;
}

export class EventStreamConnection {
  readonly #options: EventStreamOptions;
  readonly #listener: EventStreamListener;
  readonly #socket: Socket;
  readonly #decoder: SseDecoder;
  #chunked: ChunkedBody | undefined;
  #head: Buffer | undefined = Buffer.alloc(0);
  #found: number[] = [];
  #ending: string | undefined;

  constructor(options: EventStreamOptions, listener: EventStreamListener) {
    this.#options = options;
    this.#listener = listener;
    this.#decoder = new SseDecoder({ onEvent: ({ data }) => this.#found.push(options.stamps.find(Buffer.from(data))) });
    this.#socket = openLoadSocket(options.target, options.localAddress, {
      onOpen: () => this.#socket.write(this.#request()),
      onBytes: (bytes) => this.#onBytes(bytes),
      onClosed: (why) => listener.onClosed(this.#ending ?? why),
    });
  }

  close(): void {
    this.#ending ??= 'closed by the test';
    this.#socket.destroy();
  }

  #request(): string {
    const { target, path, headers } = this.#options;
    return requestHead('GET', `${target.prefix}${path}`, [
      ['Host', target.authority],
      ['Accept', 'text/event-stream'],
      ['Cache-Control', 'no-cache'],
      ...headers,
    ]);
  }

  #onBytes(bytes: Buffer): void {
    this.#listener.onBytes(bytes.length);
    try {
      if (this.#head === undefined) this.#onBody(bytes);
      else this.#onHead(Buffer.concat([this.#head, bytes]));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #onHead(head: Buffer): void {
    this.#head = head;
    const end = head.indexOf(HEAD_END);
    if (end === -1) {
      if (head.length > LONGEST_HEAD) this.#fail('the head of the answer has no end');
      return;
    }
    const { status, statusLine, headers } = parseHead(head.toString('latin1', 0, end));
    const type = headerOf(headers, 'content-type') ?? 'no content-type';
    if (status !== 200 || !type.startsWith('text/event-stream')) {
      this.#fail(status === 200 ? `${type} and no text/event-stream` : statusLine.replace(/^HTTP\/1\.[01] /, ''));
      return;
    }
    if (/chunked/i.test(headerOf(headers, 'transfer-encoding') ?? '')) {
      this.#chunked = new ChunkedBody((piece) => this.#decoder.push(piece));
    }
    this.#head = undefined;
    this.#listener.onReady();
    const rest = head.subarray(end + HEAD_END.length);
    if (rest.length > 0) this.#onBody(rest);
  }

  #onBody(bytes: Buffer): void {
    const { seen } = this.#options;
    const whole = this.#atBoundary;
    const known = whole ? seen.find(bytes) : undefined;
    if (known !== undefined) {
      this.#listener.onMessages(known);
      return;
    }
    this.#found = [];
    if (this.#chunked === undefined) this.#decoder.push(bytes);
    else this.#chunked.push(bytes);
    const found = this.#found;
    if (found.length === 0) return;
    if (whole && this.#atBoundary) seen.keep(bytes, found);
    this.#listener.onMessages(found);
  }

  get #atBoundary(): boolean {
    return this.#decoder.bufferedBytes === 0 && this.#chunked?.atBoundary !== false;
  }

  #fail(why: string): void {
    this.#ending ??= why;
    this.#socket.destroy();
  }
}

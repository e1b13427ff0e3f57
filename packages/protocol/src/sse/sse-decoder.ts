/**
 * An event stream to events, to the letter of the HTML standard ("Parsing an event stream", "Interpreting an event
 * stream"). Any split of the same bytes gives the same events. Holds one event at most, and that is bounded.
 */
import { RtdError } from '../errors.ts';

const DEFAULT_MAX_EVENT_BYTES = 1_048_576;

const BYTE_ORDER_MARK = '\uFEFF';

/** A timer set to more fires at once. */
const LONGEST_RETRY = 2 ** 31 - 1;

export interface SseEvent {
  /** The type; `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The last id that the stream named, in this event or before: what to resume with. */
  readonly id: string;
}

export interface SseDecoderOptions {
  onEvent(event: SseEvent): void;
  /** The stream asks for another reconnection time, in milliseconds: at most what a timer can take. */
  onRetry?(millis: number): void;
  /** The text after the colon, as it is. */
  onComment?(text: string): void;
  /** Bound of one event (and of one line), in UTF-16 code units; 1 Mi by default. */
  readonly maxEventBytes?: number | undefined;
  /** The id that an earlier connection ended with. */
  readonly lastEventId?: string | undefined;
}

export class SseDecoder {
  readonly #options: SseDecoderOptions;
  readonly #limit: number;
  /** Replaces what is no UTF-8. Byte order marks are ours: some decoders drop a second one where the bytes are cut behind the first. */
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  #started = false;
  #line = '';
  #afterCr = false;
  #data = '';
  #event = '';
  /** The standard's "last event ID buffer": what the stream named, in force from the next blank line on. */
  #idBuffer: string;
  #lastEventId: string;

  constructor(options: SseDecoderOptions) {
    this.#options = options;
    this.#limit = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES;
    this.#idBuffer = options.lastEventId ?? '';
    this.#lastEventId = this.#idBuffer;
  }

  /** What to resume with (`Last-Event-ID`): the id of the last block that was complete, also where it had no data. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** What the decoder holds for the unfinished event, in UTF-16 code units. */
  get bufferedBytes(): number {
    return this.#line.length + this.#data.length + this.#event.length + this.#idBuffer.length;
  }

  /** Takes the next bytes. @throws RtdError TOO_LARGE when a line or an event passes the bound; the stream is of no use then. */
  push(bytes: Uint8Array): void {
    const text = this.#utf8.decode(bytes, { stream: true });
    if (text === '') return;
    let from = !this.#started && text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
    this.#started = true;
    // The LF of a CRLF that was cut in two.
    if (this.#afterCr) {
      this.#afterCr = false;
      if (text.charCodeAt(0) === 0x0a) from = 1;
    }
    const ends = /\r\n|\r|\n/g;
    ends.lastIndex = from;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      const line = this.#line + text.slice(from, end.index);
      this.#line = '';
      this.#takeLine(line);
      from = ends.lastIndex;
      this.#afterCr = end[0] === '\r' && from === text.length;
    }
    this.#line += text.slice(from);
    this.#checkBound(this.bufferedBytes);
  }

  #takeLine(line: string): void {
    this.#checkBound(this.bufferedBytes + line.length);
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) this.#options.onComment?.(line.slice(1));
    else if (colon === -1) this.#takeField(line, '');
    else this.#takeField(line.slice(0, colon), line.slice(line.charAt(colon + 1) === ' ' ? colon + 2 : colon + 1));
  }

  #takeField(name: string, value: string): void {
    switch (name) {
      case 'event':
        this.#event = value;
        return;
      case 'data':
        this.#data += `${value}\n`;
        return;
      case 'id':
        if (!value.includes('\0')) this.#idBuffer = value;
        return;
      case 'retry':
        if (/^[0-9]+$/.test(value)) this.#options.onRetry?.(Math.min(Number(value), LONGEST_RETRY));
        return;
      default:
        return;
    }
  }

  #dispatch(): void {
    this.#lastEventId = this.#idBuffer;
    const event = this.#event === '' ? 'message' : this.#event;
    const data = this.#data;
    this.#event = '';
    this.#data = '';
    if (data !== '') this.#options.onEvent({ event, data: data.slice(0, -1), id: this.#lastEventId });
  }

  #checkBound(length: number): void {
    if (length <= this.#limit) return;
    throw new RtdError('TOO_LARGE', `The event stream sent an event of more than ${this.#limit} characters.`);
  }
}

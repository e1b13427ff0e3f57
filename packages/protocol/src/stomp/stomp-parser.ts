/**
 * Bytes in, STOMP frames out (stomp-rules 10 and 16 to 30, 40). Incremental: any split of the same bytes gives the same
 * frames and the same error. What is held is bounded by the limits at every moment, whatever arrives.
 */
import { DEFAULT_LIMITS } from '../limits.ts';
import { ByteAccumulator } from './byte-accumulator.ts';
import type { StompFrame, StompHeaders, StompVersion } from './frame.ts';
import { escapingOf, type HeaderEscaping, unescapeHeader } from './header-escaping.ts';
import { type PlainHead, readPlainHead } from './plain-head.ts';
import { StompError, type StompErrorCode } from './stomp-error.ts';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Octets and counts; Infinity lifts a limit. */
export interface StompParserLimits {
  /** A whole frame, from the first octet of its command to its NUL. */
  readonly frameBytes: number;
  readonly headers: number;
  /** One line of the head, without its EOL. */
  readonly headerBytes: number;
}

const DEFAULTS: StompParserLimits = {
  frameBytes: DEFAULT_LIMITS.FRAME_BYTES,
  headers: DEFAULT_LIMITS.HEADERS,
  headerBytes: DEFAULT_LIMITS.HEADER_BYTES,
};

export interface StompParserOptions {
  /** Which side this is. A server takes a body on SEND only (stomp-rules 22); a client on every frame. */
  readonly role: 'server' | 'client';
  readonly limits?: Partial<StompParserLimits> | undefined;
  /** May set `version` and `limits`, which hold from the very next frame, or call `stop`. */
  onFrame(frame: StompFrame): void;
  /** Called for each EOL between frames. */
  onHeartBeat?(): void;
}

type Phase = 'between' | 'command' | 'headers' | 'counted-body' | 'open-body' | 'ended';

export class StompParser {
  /** The version that was agreed on; before that, 1.0. */
  version: StompVersion = '1.0';
  limits: StompParserLimits;

  readonly #options: StompParserOptions;
  readonly #pending = new ByteAccumulator();
  #phase: Phase = 'between';
  /** Octets of the current frame before those in `#pending`. */
  #consumed = 0;
  #command = '';
  #headers = new Map<string, string>();
  #headerLines = 0;
  #escaping: HeaderEscaping = 'none';
  #bodyLength = 0;

  constructor(options: StompParserOptions) {
    this.#options = options;
    this.limits = { ...DEFAULTS, ...options.limits };
  }

  /** Octets of the unfinished frame: what the parser holds in memory for it, never more than `limits.frameBytes`. */
  get bufferedBytes(): number {
    return this.#consumed + this.#pending.length;
  }

  /** From now on everything is ignored, the rest of the chunk being pushed too. */
  stop(): void {
    this.#phase = 'ended';
    this.#pending.take();
    this.#headers = new Map();
    this.#consumed = 0;
  }

  /**
   * Takes the next bytes, and calls `onFrame` for each frame that they complete.
   * @throws StompError on the first breach (the parser is stopped then), and whatever `onFrame` throws (stopped too).
   */
  push(chunk: Uint8Array): void {
    let offset = 0;
    try {
      while (offset < chunk.length && this.#phase !== 'ended') offset = this.#advance(chunk, offset);
    } catch (thrown) {
      this.stop();
      throw thrown;
    }
  }

  /** Takes some of the chunk, and returns the offset of what is left. */
  #advance(chunk: Uint8Array, offset: number): number {
    switch (this.#phase) {
      case 'between':
        return this.#takeWholeFrame(chunk, offset);
      case 'command':
      case 'headers':
        return this.#takeLine(chunk, offset);
      case 'counted-body':
        return this.#takeCountedBody(chunk, offset);
      case 'open-body':
        return this.#takeOpenBody(chunk, offset);
      case 'ended':
        return chunk.length;
    }
  }

  /**
   * The fast path: a frame that is here as a whole and in plain words (no CR, no escapes, ASCII, within every limit) is
   * taken at once. Everything else goes to the line reader, from its first octet on, which alone refuses.
   */
  #takeWholeFrame(chunk: Uint8Array, offset: number): number {
    if (chunk[offset] === LF) {
      this.#options.onHeartBeat?.();
      return offset + 1;
    }
    const head = readPlainHead(chunk, offset, this.limits);
    const end = head === undefined ? -1 : this.#endOfPlainFrame(chunk, offset, head);
    if (head === undefined || end === -1) {
      this.#phase = 'command';
      return offset;
    }
    const body = new Uint8Array(chunk.buffer, chunk.byteOffset + head.end, end - head.end);
    this.#options.onFrame({ command: head.command, headers: head.headers, body });
    return end + 1;
  }

  /** Where the NUL of the frame is; -1 unless everything about it is as it should be. */
  #endOfPlainFrame(chunk: Uint8Array, start: number, head: PlainHead): number {
    if (head.spaced && this.#isPadded(head.command, head.headers)) return -1;
    const end = head.bodyLength === undefined ? chunk.indexOf(NUL, head.end) : head.end + head.bodyLength;
    if (chunk[end] !== NUL || end - start >= this.limits.frameBytes) return -1;
    return end === head.end || this.#mayHaveBody(head.command) ? end : -1;
  }

  #takeLine(chunk: Uint8Array, offset: number): number {
    const lf = chunk.indexOf(LF, offset);
    const end = lf === -1 ? chunk.length : lf;
    const piece = chunk.subarray(offset, end);
    this.#checkLine(piece, lf !== -1);
    if (lf === -1) {
      this.#pending.append(piece);
      return end;
    }
    const line = withoutCr(this.#completed(piece));
    this.#consumed += 1;
    if (this.#phase === 'command') this.#takeCommand(line);
    else if (line.length === 0) this.#endHead();
    else this.#takeHeader(line);
    return lf + 1;
  }

  /** Refuses a line at its first octet that is too much, so that how the bytes were split makes no difference. */
  #checkLine(piece: Uint8Array, complete: boolean): void {
    const before = this.#pending.length;
    const { frameBytes, headerBytes } = this.limits;
    const length = before + piece.length;
    const endsWithCr = (piece.at(-1) ?? this.#pending.last) === CR;
    const tooLongAt = length - (endsWithCr ? 1 : 0) > headerBytes ? headerBytes : Number.POSITIVE_INFINITY;
    const room = frameBytes - this.#consumed;
    const tooLargeAt = length + (complete ? 1 : 0) > room ? room : Number.POSITIVE_INFINITY;
    const nul = piece.indexOf(NUL);
    const nulAt = nul === -1 ? Number.POSITIVE_INFINITY : before + nul;
    const first = Math.min(tooLongAt, tooLargeAt, nulAt);
    if (first === Number.POSITIVE_INFINITY) return;
    if (first === nulAt) this.#failAtNul();
    if (first === tooLongAt) {
      this.#fail('header-too-long', `A line of the head is longer than ${headerBytes} octets.`);
    }
    this.#failTooLarge();
  }

  #failAtNul(): never {
    if (this.#phase === 'command') {
      this.#fail(
        'malformed-command',
        'A frame begins with a line that holds a NUL octet. Check the content-length of the frame before it: it counts octets, not characters.',
      );
    }
    this.#fail('malformed-header', 'The head holds a NUL octet. A blank line must end the head, also without a body.');
  }

  /** The whole of what began in `#pending` and ends with `piece`; counts its octets as consumed. */
  #completed(piece: Uint8Array): Uint8Array {
    this.#consumed += this.#pending.length + piece.length;
    if (this.#pending.length === 0) return piece;
    this.#pending.append(piece);
    return this.#pending.take();
  }

  #takeCommand(line: Uint8Array): void {
    if (line.length === 0) {
      // Only a CR before this LF: an EOL between frames.
      this.#phase = 'between';
      this.#consumed = 0;
      this.#options.onHeartBeat?.();
      return;
    }
    this.#command = this.#decode(line);
    this.#escaping = escapingOf(this.#command, this.version);
    this.#phase = 'headers';
  }

  #takeHeader(line: Uint8Array): void {
    this.#headerLines += 1;
    if (this.#headerLines > this.limits.headers) {
      this.#fail('too-many-headers', `The frame has more than ${this.limits.headers} headers.`);
    }
    const text = this.#decode(line);
    const colon = text.indexOf(':');
    if (colon === -1) this.#fail('malformed-header', 'A header line has no colon; write name:value.');
    if (colon === 0) this.#fail('malformed-header', 'A header line has an empty name; write name:value.');
    if (this.version === '1.2' && text.includes('\r')) {
      this.#fail('malformed-header', 'A header holds a raw CR; write \\r.');
    }
    const name = this.#unescape(text.slice(0, colon));
    // A repeated header: the first one counts (stomp-rules 30).
    if (!this.#headers.has(name)) this.#headers.set(name, this.#unescape(text.slice(colon + 1)));
    else this.#unescape(text.slice(colon + 1));
  }

  #unescape(text: string): string {
    return this.#escaping === 'none' ? text : unescapeHeader(text, this.#escaping, this.#receiptId());
  }

  #endHead(): void {
    if (this.#isPadded(this.#command, this.#headers)) this.#headers = this.#withoutPadding();
    const contentLength = this.#headers.get('content-length');
    if (contentLength === undefined) {
      this.#phase = 'open-body';
      return;
    }
    if (!/^\d{1,15}$/.test(contentLength)) {
      this.#fail('bad-content-length', 'content-length must be a count of octets in decimal digits.');
    }
    this.#bodyLength = Number(contentLength);
    if (this.#bodyLength > 0) this.#checkBodyAllowed();
    if (this.#consumed + this.#bodyLength + 1 > this.limits.frameBytes) this.#failTooLarge();
    this.#phase = 'counted-body';
  }

  /**
   * STOMP 1.0 shows padded headers in its own examples (`login: <username>`), and its clients pad, so the spaces around a
   * name and a value are taken off. From 1.1 on "clients and servers MUST never trim or pad headers with spaces".
   * A CONNECT or CONNECTED that names no version is 1.0's, whatever is agreed on afterwards.
   */
  #isPadded(command: string, headers: StompHeaders): boolean {
    switch (command) {
      case 'CONNECT':
      case 'STOMP':
        return !headers.has('accept-version');
      case 'CONNECTED':
        return !headers.has('version');
      default:
        return this.version === '1.0';
    }
  }

  #withoutPadding(): Map<string, string> {
    const trimmed = new Map<string, string>();
    for (const [paddedName, value] of this.#headers) {
      const name = paddedName.replace(/^ +| +$/g, '');
      if (name === '') this.#fail('malformed-header', 'A header line has an empty name; write name:value.');
      if (!trimmed.has(name)) trimmed.set(name, value.replace(/^ +| +$/g, ''));
    }
    return trimmed;
  }

  #takeCountedBody(chunk: Uint8Array, offset: number): number {
    const missing = this.#bodyLength - this.#pending.length;
    const end = offset + missing;
    if (end >= chunk.length) {
      this.#pending.append(chunk.subarray(offset));
      return chunk.length;
    }
    if (chunk[end] !== NUL) {
      this.#fail(
        'missing-nul',
        `The octet after a body of content-length ${this.#bodyLength} is not NUL. content-length counts octets, not characters.`,
      );
    }
    this.#deliver(this.#completed(chunk.subarray(offset, end)));
    return end + 1;
  }

  #takeOpenBody(chunk: Uint8Array, offset: number): number {
    if (chunk[offset] !== NUL) this.#checkBodyAllowed();
    const nul = chunk.indexOf(NUL, offset);
    const end = nul === -1 ? chunk.length : nul;
    const piece = chunk.subarray(offset, end);
    const octets = this.bufferedBytes + piece.length + (nul === -1 ? 0 : 1);
    if (octets > this.limits.frameBytes) this.#failTooLarge();
    if (nul === -1) {
      this.#pending.append(piece);
      return end;
    }
    this.#deliver(this.#completed(piece));
    return nul + 1;
  }

  #mayHaveBody(command: string): boolean {
    return this.#options.role === 'client' || command === 'SEND';
  }

  #checkBodyAllowed(): void {
    if (this.#mayHaveBody(this.#command)) return;
    this.#fail('body-not-allowed', `A ${printable(this.#command)} frame must not have a body; only SEND has one.`);
  }

  #deliver(body: Uint8Array): void {
    const frame = { command: this.#command, headers: this.#headers, body };
    this.#phase = 'between';
    this.#consumed = 0;
    this.#headers = new Map();
    this.#headerLines = 0;
    this.#options.onFrame(frame);
  }

  #decode(line: Uint8Array): string {
    try {
      return UTF8.decode(line);
    } catch {
      return this.#fail('invalid-utf8', 'The head is not valid UTF-8.');
    }
  }

  #receiptId(): string | undefined {
    return this.#headers.get('receipt');
  }

  #failTooLarge(): never {
    this.#fail('frame-too-large', `The frame is larger than ${this.limits.frameBytes} octets.`);
  }

  #fail(code: StompErrorCode, message: string): never {
    throw new StompError(code, message, this.#receiptId());
  }
}

function withoutCr(line: Uint8Array): Uint8Array {
  return line[line.length - 1] === CR ? line.subarray(0, -1) : line;
}

/** A peer's command as it may stand in a message: short, and nothing but letters. */
function printable(command: string): string {
  return /^[A-Za-z]{1,20}$/.test(command) ? command : 'unknown';
}

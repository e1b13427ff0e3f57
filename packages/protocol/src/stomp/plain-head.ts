/**
 * Heads in plain words, in one pass: what nearly every frame has. A head that needs any care (CR, NUL, a backslash,
 * anything but printable ASCII, a line without name or colon, a limit passed) is left to the line reader of
 * stomp-parser.ts, which alone refuses. Its headers are found when they are asked for: most never are.
 */
import type { StompHeaders } from './frame.ts';

const LF = 0x0a;
const SPACE = 0x20;
const ZERO = 0x30;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const DEL = 0x7f;

/** A kept header value keeps its whole head in memory (engines share the text of a slice), so a head here is short. */
const MAX_OCTETS = 1_024;

const CONTENT_LENGTH = new TextEncoder().encode('content-length');
const MAX_DIGITS = 15;

const ASCII = new TextDecoder();

export interface PlainHead {
  readonly command: string;
  readonly headers: StompHeaders;
  /** True where there is a space anywhere, so where there may be padding. */
  readonly spaced: boolean;
  /** What `content-length` says; undefined where there is none. */
  readonly bodyLength: number | undefined;
  /** Offset of the first octet behind the blank line. */
  readonly end: number;
}

/** The head that begins at `start`; undefined where it is not all there, or not plain. */
export function readPlainHead(
  chunk: Uint8Array,
  start: number,
  limits: { readonly headers: number; readonly headerBytes: number },
): PlainHead | undefined {
  const length = Math.min(chunk.length, start + MAX_OCTETS);
  let spaced = false;
  let commandEnd = -1;
  let lines = 0;
  let lineStart = start;
  let colon = -1;
  let bodyLength: number | undefined;
  for (let at = start; at < length; at += 1) {
    const octet = chunk[at] ?? 0;
    if (octet > COLON) {
      if (octet === BACKSLASH || octet >= DEL) return undefined;
    } else if (octet === COLON) {
      if (colon === -1) colon = at;
    } else if (octet === LF) {
      if (at === lineStart) {
        if (commandEnd === -1) return undefined;
        const text = ASCII.decode(new Uint8Array(chunk.buffer, chunk.byteOffset + start, at + 1 - start));
        const command = text.slice(0, commandEnd - start);
        return { command, headers: new PlainHeaders(text), spaced, bodyLength, end: at + 1 };
      }
      if (at - lineStart > limits.headerBytes) return undefined;
      if (commandEnd === -1) commandEnd = at;
      else if (colon === -1 || colon === lineStart || ++lines > limits.headers) return undefined;
      else if (bodyLength === undefined && isContentLength(chunk, lineStart, colon)) {
        bodyLength = readCount(chunk, colon + 1, at);
        if (bodyLength === undefined) return undefined;
      }
      lineStart = at + 1;
      colon = -1;
    } else if (octet <= SPACE) {
      if (octet !== SPACE) return undefined;
      spaced = true;
    }
  }
  return undefined;
}

function isContentLength(chunk: Uint8Array, start: number, end: number): boolean {
  if (end - start !== CONTENT_LENGTH.length) return false;
  for (let at = 0; at < CONTENT_LENGTH.length; at += 1) if (chunk[start + at] !== CONTENT_LENGTH[at]) return false;
  return true;
}

/** Undefined unless it is all digits, and not too many of them. */
function readCount(chunk: Uint8Array, start: number, end: number): number | undefined {
  if (start === end || end - start > MAX_DIGITS) return undefined;
  let count = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (chunk[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    count = count * 10 + digit;
  }
  return count;
}

/** The headers of a plain head: `\nname:value\n` in its text. Where one is repeated, the first (stomp-rules 30). */
class PlainHeaders implements StompHeaders {
  /** From the command up to and with the blank line. */
  readonly #text: string;
  #all: ReadonlyMap<string, string> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get(name: string): string | undefined {
    if (name === '') return undefined;
    const text = this.#text;
    for (let at = text.indexOf(name, 1); at !== -1; at = text.indexOf(name, at + 1)) {
      const end = at + name.length;
      if (text.charCodeAt(at - 1) !== LF || text.charCodeAt(end) !== COLON) continue;
      // A name that holds what ends a name can match across it, but is nobody's.
      return name.includes(':') || name.includes('\n') ? undefined : text.slice(end + 1, text.indexOf('\n', end));
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    return this.#map().size;
  }

  keys(): MapIterator<string> {
    return this.#map().keys();
  }

  values(): MapIterator<string> {
    return this.#map().values();
  }

  entries(): MapIterator<[string, string]> {
    return this.#map().entries();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.#map()[Symbol.iterator]();
  }

  forEach(visit: (value: string, name: string, headers: StompHeaders) => void): void {
    for (const [name, value] of this.#map()) visit(value, name, this);
  }

  #map(): ReadonlyMap<string, string> {
    this.#all ??= toMap(this.#text);
    return this.#all;
  }
}

function toMap(text: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  const lines = text.split('\n');
  for (const line of lines.slice(1, -2)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (!map.has(name)) map.set(name, line.slice(colon + 1));
  }
  return map;
}

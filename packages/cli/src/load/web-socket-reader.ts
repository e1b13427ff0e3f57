/**
 * WebSocket frames from a server as they come, cut anywhere (RFC 6455, section 5.2). Payload is handed on in the pieces in
 * which it comes, so nothing is held but a head of at most 10 octets and a control frame of at most 125.
 */

export interface WebSocketReaderListener {
  /** A piece of a text or binary message; valid until it returns. */
  onPayload(piece: Buffer): void;
  onPing(payload: Buffer): void;
  onClose(code: number | undefined, reason: string): void;
}

const LONGEST_HEAD = 10;
const LARGEST_CONTROL = 125;
const CLOSE = 8;
const PING = 9;

export class WebSocketReader {
  readonly #listener: WebSocketReaderListener;
  #head: Buffer | undefined;
  #headLength = 0;
  #opcode = 0;
  /** Octets of the frame's payload that are to come. */
  #left = 0;
  #control: Buffer[] = [];

  constructor(listener: WebSocketReaderListener) {
    this.#listener = listener;
  }

  /** True between frames. */
  get atBoundary(): boolean {
    return this.#headLength === 0 && this.#left === 0;
  }

  /** @throws Error for what no server may send: the connection is of no use then. */
  push(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length) {
      offset = this.#left > 0 ? this.#takePayload(bytes, offset) : this.#takeHead(bytes, offset);
    }
  }

  #takeHead(bytes: Buffer, start: number): number {
    let offset = start;
    // The usual case: the whole head is here, and nothing has to be copied.
    const whole = this.#headLength === 0 ? headLength(bytes, offset) : undefined;
    if (whole !== undefined && offset + whole <= bytes.length) {
      this.#begin(bytes, offset, whole);
      return offset + whole;
    }
    this.#head ??= Buffer.allocUnsafe(LONGEST_HEAD);
    while (offset < bytes.length) {
      this.#head[this.#headLength] = bytes[offset] ?? 0;
      this.#headLength += 1;
      offset += 1;
      const needed = headLength(this.#head.subarray(0, this.#headLength), 0);
      if (needed === this.#headLength) {
        this.#begin(this.#head, 0, needed);
        this.#headLength = 0;
        break;
      }
    }
    return offset;
  }

  #begin(bytes: Buffer, start: number, length: number): void {
    const second = bytes[start + 1] ?? 0;
    if ((second & 0x80) !== 0) throw new Error('a masked frame');
    this.#opcode = (bytes[start] ?? 0) & 0x0f;
    this.#left =
      length === 2
        ? second & 0x7f
        : length === 4
          ? bytes.readUInt16BE(start + 2)
          : Number(bytes.readBigUInt64BE(start + 2));
    if (this.#opcode >= CLOSE && this.#left > LARGEST_CONTROL)
      throw new Error('a control frame of more than 125 octets');
    if (this.#left === 0 && this.#opcode >= CLOSE) this.#endControl();
  }

  #takePayload(bytes: Buffer, offset: number): number {
    const end = Math.min(bytes.length, offset + this.#left);
    const piece = bytes.subarray(offset, end);
    this.#left -= piece.length;
    if (this.#opcode < CLOSE) this.#listener.onPayload(piece);
    else {
      this.#control.push(Buffer.from(piece));
      if (this.#left === 0) this.#endControl();
    }
    return end;
  }

  #endControl(): void {
    const payload = Buffer.concat(this.#control);
    this.#control = [];
    if (this.#opcode === PING) this.#listener.onPing(payload);
    if (this.#opcode === CLOSE) {
      this.#listener.onClose(payload.length < 2 ? undefined : payload.readUInt16BE(0), payload.toString('utf8', 2));
    }
  }
}

/** Octets of the head that begins at `start`; undefined where its second octet is not here yet. */
function headLength(bytes: Buffer, start: number): number | undefined {
  const second = bytes[start + 1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  return short === 126 ? 4 : short === 127 ? 10 : 2;
}

/** WebSocket frames from the client's side (RFC 6455, section 5.2): written masked, read with all that their head says. */
import { WireError } from './wire-error.ts';

export const OPCODES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};
export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const LARGEST_PAYLOAD = 1_048_576;

export interface WebSocketFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  /** Unmasked. */
  readonly payload: Buffer;
  /** As it was on the wire. */
  readonly bytes: Buffer;
}

/** A whole message in one frame. `mask` is four bytes that nobody could have foreseen (section 5.3). */
export function clientFrame(opcode: number, payload: Buffer, mask: Buffer): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  mask.copy(frame, 2 + extended, 0, 4);
  const start = 6 + extended;
  for (let index = 0; index < length; index += 1) frame[start + index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return frame;
}

/** The first frame in `bytes`; undefined when it is not whole yet. @throws WireError `garbled` */
export function takeFrame(bytes: Buffer): WebSocketFrame | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = (second & 0x80) !== 0;
  const start = 2 + extended + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > LARGEST_PAYLOAD) throw new WireError('garbled', `a WebSocket frame claims ${length} bytes`);
  if (bytes.length < start + length) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (masked) {
    for (let index = 0; index < length; index += 1)
      payload[index] = (payload[index] ?? 0) ^ (bytes[start - 4 + (index % 4)] ?? 0);
  }
  return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, masked, payload, bytes: bytes.subarray(0, start + length) };
}

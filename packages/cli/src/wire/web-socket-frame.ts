/** WebSocket frames from the client's side (RFC 6455, section 5.2): written masked, read with all that their head says. */
import { readWebSocketHead, unmasked, type WebSocketHead } from '@rtd/protocol';
import { WireError } from './wire-error.ts';

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const LARGEST_PAYLOAD = 1_048_576;

export interface WebSocketFrame extends WebSocketHead {
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
  const head = readWebSocketHead(bytes);
  if (head === undefined) return undefined;
  const { headLength, payloadLength, maskingKey } = head;
  if (payloadLength > LARGEST_PAYLOAD) {
    throw new WireError('garbled', `a WebSocket frame claims ${payloadLength} bytes`);
  }
  const end = headLength + payloadLength;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(unmasked(bytes.subarray(headLength, end), maskingKey));
  return { ...head, payload, bytes: bytes.subarray(0, end) };
}

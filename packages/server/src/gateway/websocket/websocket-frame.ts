/** WebSocket frames from server to client: unmasked, final, uncompressed (RFC 6455, section 5.2). */

export const TEXT = 0x1;
export const BINARY = 0x2;
export const PONG = 0xa;
export type Opcode = typeof TEXT | typeof BINARY | typeof PONG;

const FINAL = 0x80;

/** One whole frame in a buffer of its own. */
export function websocketFrame(opcode: Opcode, payload: Uint8Array): Buffer {
  const { length } = payload;
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = FINAL | opcode;
  if (headLength === 2) frame[1] = length;
  else if (headLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUIntBE(0, 2, 2);
    frame.writeUIntBE(length, 4, 6);
  }
  frame.set(payload, headLength);
  return frame;
}

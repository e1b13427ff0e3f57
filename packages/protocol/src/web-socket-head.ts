/** Heads of WebSocket frames (RFC 6455, section 5.2), bit by bit: for whoever looks at the wire rather than through it. */

/** The names of opcodes; all others are reserved. */
export const WEB_SOCKET_OPCODES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** Octets of the longest head: two, eight of the length, four of the mask. */
export const LONGEST_WEB_SOCKET_HEAD = 14;

export interface WebSocketHead {
  /** The message ends with this frame. */
  readonly fin: boolean;
  /** The three reserved bits as a number: 0 where no extension is spoken. */
  readonly rsv: number;
  readonly opcode: number;
  /** What the payload is XORed with (section 5.3); undefined where the MASK bit is 0. */
  readonly maskingKey: Uint8Array | undefined;
  /** The seven bits of the length field: the length itself, or 126 and 127 for the longer forms. */
  readonly lengthField: number;
  /** Octets of the payload; inexact above 2^53. */
  readonly payloadLength: number;
  /** Octets of the head itself: 2 to {@link LONGEST_WEB_SOCKET_HEAD}. */
  readonly headLength: number;
}

/** The head that begins at `start`; undefined where it is not whole yet. Nothing is refused: what is there is told. */
export function readWebSocketHead(bytes: Uint8Array, start = 0): WebSocketHead | undefined {
  const first = bytes[start];
  const second = bytes[start + 1];
  if (first === undefined || second === undefined) return undefined;
  const lengthField = second & 0x7f;
  const extended = lengthField === 126 ? 2 : lengthField === 127 ? 8 : 0;
  const isMasked = (second & 0x80) !== 0;
  const headLength = 2 + extended + (isMasked ? 4 : 0);
  if (bytes.length - start < headLength) return undefined;
  let payloadLength = lengthField;
  if (extended > 0) {
    payloadLength = 0;
    for (let at = start + 2; at < start + 2 + extended; at += 1) payloadLength = payloadLength * 256 + (bytes[at] ?? 0);
  }
  return {
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 0x07,
    opcode: first & 0x0f,
    maskingKey: isMasked ? new Uint8Array(bytes.subarray(start + headLength - 4, start + headLength)) : undefined,
    lengthField,
    payloadLength,
    headLength,
  };
}

/** `payload` with the key taken off, or put on: the same both ways. `offset`: of its first octet in the frame's payload. */
export function unmasked(payload: Uint8Array, maskingKey: Uint8Array | undefined, offset = 0): Uint8Array {
  if (maskingKey === undefined) return new Uint8Array(payload);
  return payload.map((octet, index) => octet ^ (maskingKey[(offset + index) % 4] ?? 0));
}

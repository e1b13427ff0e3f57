/**
 * How a STOMP frame travels on SockJS.
 *
 * On SockJS's WebSocket: one WebSocket text frame `a["…"]` a STOMP frame.
 * On its HTTP transports the library takes strings and does the wrapping, so what our side shares between subscribers is
 * the STOMP bytes behind a four-byte length: a batch of them can be taken apart again into one string a frame.
 */

const LENGTH_BYTES = 4;

export function lengthPrefixed(stomp: Uint8Array): Uint8Array {
  const framed = new Uint8Array(LENGTH_BYTES + stomp.length);
  new DataView(framed.buffer).setUint32(0, stomp.length);
  framed.set(stomp, LENGTH_BYTES);
  return framed;
}

/** The inverse for a batch: one string a frame, in order. */
export function* framesIn(batch: Uint8Array): Generator<string> {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
  let at = 0;
  while (at + LENGTH_BYTES <= bytes.length) {
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt32BE(at);
    yield bytes.toString('utf8', start, at);
  }
}

/** `a["…"]`: one SockJS array frame with one message. */
export function arrayFrame(stomp: Uint8Array): Uint8Array {
  const text = Buffer.from(stomp.buffer, stomp.byteOffset, stomp.byteLength).toString('utf8');
  return Buffer.from(`a${JSON.stringify([text])}`);
}

/**
 * The messages of what a SockJS client sent over its WebSocket: a JSON array of strings, or a lone string; undefined for
 * anything else ("Broken framing").
 */
export function messagesIn(payload: Uint8Array): readonly string[] | undefined {
  if (payload.length === 0) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof parsed === 'string') return [parsed];
  if (!Array.isArray(parsed)) return undefined;
  const messages: string[] = [];
  for (const entry of parsed) {
    if (typeof entry !== 'string') return undefined;
    messages.push(entry);
  }
  return messages;
}

/**
 * Events as the bytes that go on the socket, framed for the transfer coding of the response: one chunk of HTTP/1.1 (RFC
 * 9112, 7.1) around all that is sent together, or bare for HTTP/1.0. The same bytes serve every client with that framing.
 */
import {
  encodeSseComment,
  encodeSseEvent,
  encodeSseRetry,
  formatLogPosition,
  type LogPosition,
  type StreamConnected,
  type StreamReset,
  type Tick,
} from '@rtd/protocol';
import type { PlacedTick } from '../../market/market-room.ts';

export type Framing = 'chunked' | 'bare';

const RETRY_MILLIS = 2_000;

/**
 * Ticks that were encoded of late, and their text, so that one is not encoded again for each group and each replay that
 * sends it. A slot a place in the log, modulo their count: ticks that come together never share one. (A WeakMap of all
 * ticks costs the garbage collector more than it saves.)
 */
const SLOTS = 8_192;
const encodedTicks: (PlacedTick | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
const encodedTexts: string[] = Array.from({ length: SLOTS }, () => '');

/** `market-tick` events, in order, as one piece. */
export function encodeTicks(entries: readonly PlacedTick[], framing: Framing): Uint8Array {
  let text = '';
  for (const entry of entries) text += tickEvent(entry);
  return frame(text, framing);
}

function tickEvent(entry: PlacedTick): string {
  let slot = 0;
  for (const offset of entry.position) slot += offset + 1;
  slot %= SLOTS;
  if (encodedTicks[slot] === entry) return encodedTexts[slot] ?? '';
  const id = formatLogPosition(entry.position);
  const text = encodeSseEvent({ event: 'market-tick', id, data: JSON.stringify(entry.tick) });
  encodedTicks[slot] = entry;
  encodedTexts[slot] = text;
  return text;
}

/** The reconnection time, which every stream begins with. */
export function encodeRetry(framing: Framing): Uint8Array {
  return frame(`${encodeSseRetry(RETRY_MILLIS)}\n`, framing);
}

export function encodeConnected(connected: StreamConnected, framing: Framing): Uint8Array {
  return frame(encodeSseEvent({ event: 'connected', data: JSON.stringify(connected) }), framing);
}

export function encodeReset(reset: StreamReset, framing: Framing): Uint8Array {
  return frame(encodeSseEvent({ event: 'reset', data: JSON.stringify(reset) }), framing);
}

export function encodeSnapshot(ticks: readonly Tick[], position: LogPosition, framing: Framing): Uint8Array {
  const id = formatLogPosition(position);
  return frame(encodeSseEvent({ event: 'snapshot', id, data: JSON.stringify(ticks) }), framing);
}

/** What keeps a quiet connection alive. */
export function encodeKeepAlive(framing: Framing): Uint8Array {
  return KEEP_ALIVE[framing];
}

function frame(text: string, framing: Framing): Uint8Array {
  if (framing === 'bare') return Buffer.from(text);
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

const KEEP_ALIVE: Readonly<Record<Framing, Uint8Array>> = {
  chunked: frame(`${encodeSseComment('keep-alive')}\n`, 'chunked'),
  bare: frame(`${encodeSseComment('keep-alive')}\n`, 'bare'),
};

/**
 * Keeps the newest pieces of both links for the wire view: frames of the WebSocket and chunks of the event stream, as they
 * were on the wire. Nobody pays for it who does not look: bytes are kept as they are, and become text, with what is secret
 * masked, when they are asked for.
 */
import type { WireChunk } from '@rtd/client';
import type { WireTapListener } from '@rtd/client/node';
import type { WireEntry } from '../state/wire.ts';

export interface WireTap {
  readonly webSocket: WireTapListener;
  readonly sse: (chunk: WireChunk) => void;
  /** The newest, oldest first. */
  entries(): readonly WireEntry[];
  /** Called with each piece from now on; undefined: nobody wants to know. */
  listen(listener: (() => void) | undefined): void;
}

/** Of each link: a busy market must not push the chat out. */
const KEPT = 500;
/** Of one chunk; its whole size is told all the same. */
const KEPT_BYTES = 16_384;
const DECODER = new TextDecoder();

interface Kept extends Omit<WireEntry, 'number' | 'kept' | 'text'> {
  readonly bytes: Uint8Array | string;
}

interface Numbered extends Kept {
  readonly number: number;
  /** Once somebody has asked. */
  entry: WireEntry | undefined;
}

export function createWireTap(): WireTap {
  const kept: Record<WireEntry['link'], Numbered[]> = { stomp: [], sse: [] };
  let count = 0;
  let listener: (() => void) | undefined;
  const keep = (piece: Kept): void => {
    count += 1;
    const { link } = piece;
    kept[link].push({ ...piece, number: count, entry: undefined });
    if (kept[link].length > KEPT * 1.25) kept[link] = kept[link].slice(-KEPT);
    listener?.();
  };
  const entryOf = (one: Numbered): WireEntry => {
    const { number, link, direction, at, size, head, bytes } = one;
    const text = (): string => maskSecrets(typeof bytes === 'string' ? bytes : textOf(bytes, head?.opcode));
    one.entry ??= { number, link, direction, at, size, kept: bytes.length, head, text: text() };
    return one.entry;
  };
  return {
    webSocket: {
      onHandshake: ({ direction, at, text }) =>
        keep({ link: 'stomp', direction, at, size: text.length, head: undefined, bytes: text }),
      onFrame: ({ direction, at, payload, payloadLength, head: octets, fin, rsv, opcode, maskingKey, lengthField }) => {
        const head = { fin, rsv, opcode, maskingKey, lengthField, octets };
        keep({ link: 'stomp', direction, at, size: payloadLength, head, bytes: payload });
      },
    },
    sse: ({ direction, bytes, at }) => {
      const start = bytes.slice(0, KEPT_BYTES);
      keep({ link: 'sse', direction, at, size: bytes.byteLength, head: undefined, bytes: start });
    },
    entries: () =>
      [...kept.stomp.slice(-KEPT), ...kept.sse.slice(-KEPT)].sort((a, b) => a.number - b.number).map(entryOf),
    listen: (next) => {
      listener = next;
    },
  };
}

const CLOSE = 8;

/** A close begins with its code, which is no text (RFC 6455, section 5.5.1). */
function textOf(bytes: Uint8Array, opcode: number | undefined): string {
  if (opcode !== CLOSE || bytes.length < 2) return DECODER.decode(bytes);
  const code = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  return `${code} ${DECODER.decode(bytes.subarray(2))}`.trimEnd();
}

const MASK = '***';

/** `text` without what would let its reader in somewhere: tokens in headers, in bodies and in addresses, whatever their form. */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(/^((?:proxy-)?authorization:\s*(?:\w+\s+)?)\S.*$/gim, `$1${MASK}`)
    .replaceAll(/^((?:passcode|cookie|x-api-key):).+$/gim, `$1${MASK}`)
    .replaceAll(/("(?:access_|refresh_|id_)?token"\s*:\s*")(?:[^"\\]|\\.)*/gi, `$1${MASK}`)
    .replaceAll(/([?&](?:access_)?token=)[^&\s"]+/gi, `$1${MASK}`)
    .replaceAll(/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, MASK);
}

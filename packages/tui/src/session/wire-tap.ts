/**
 * Keeps the newest chunks of both links for the wire view. Nobody pays for it who does not look: bytes are kept as they are,
 * and become text, with what is secret masked, when they are asked for.
 */
import type { WireChunk } from '@rtd/client';
import type { WireEntry } from '../state/wire.ts';

export interface WireTap {
  readonly stomp: (chunk: WireChunk) => void;
  readonly sse: (chunk: WireChunk) => void;
  /** The newest, oldest first. */
  entries(): readonly WireEntry[];
  /** Called with each chunk from now on; undefined: nobody wants to know. */
  listen(listener: (() => void) | undefined): void;
}

const KEPT = 500;
/** Of one chunk; its whole size is told all the same. */
const KEPT_BYTES = 16_384;

interface Kept {
  readonly number: number;
  readonly link: WireEntry['link'];
  readonly direction: WireEntry['direction'];
  readonly at: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  entry: WireEntry | undefined;
}

export function createWireTap(): WireTap {
  const decoder = new TextDecoder();
  let kept: Kept[] = [];
  let count = 0;
  let listener: (() => void) | undefined;

  const take =
    (link: WireEntry['link']) =>
    ({ direction, bytes, at }: WireChunk): void => {
      count += 1;
      const start = bytes.slice(0, KEPT_BYTES);
      kept.push({ number: count, link, direction, at, size: bytes.byteLength, bytes: start, entry: undefined });
      if (kept.length > KEPT * 1.25) kept = kept.slice(-KEPT);
      listener?.();
    };

  const entryOf = (one: Kept): WireEntry => {
    const { number, link, direction, at, size, bytes } = one;
    one.entry ??= { number, link, direction, at, size, text: maskSecrets(decoder.decode(bytes)) };
    return one.entry;
  };

  return {
    stomp: take('stomp'),
    sse: take('sse'),
    entries: () => kept.slice(-KEPT).map(entryOf),
    listen: (next) => {
      listener = next;
    },
  };
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

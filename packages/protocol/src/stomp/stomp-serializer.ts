/** STOMP frames to bytes, in the words of the version that reads them (stomp-rules 10, 25 to 29, 34). */
import type { StompVersion } from './frame.ts';
import { escapeHeader, escapeHeaderName, escapingOf } from './header-escaping.ts';

const ENCODER = new TextEncoder();

export interface OutgoingFrame {
  readonly command: string;
  /** In the order in which they are written. A `content-length` among them is dropped: the body says how long it is. */
  readonly headers: Iterable<readonly [string, string]>;
  readonly body?: Uint8Array | string | undefined;
}

/**
 * The octets of one frame, its NUL included. A body gets its `content-length`. What `version` has no way to write in a
 * header (CR and LF in 1.0, CR in 1.1, NUL in all) is written as a space (stomp-rules 28); a header without a name is not.
 */
export function serializeFrame(frame: OutgoingFrame, version: StompVersion): Uint8Array {
  const escaping = escapingOf(frame.command, version);
  let head = `${frame.command}\n`;
  for (const [name, value] of frame.headers) {
    const written = escapeHeaderName(name, escaping);
    if (written === '' || written === 'content-length') continue;
    head += `${written}:${escapeHeader(value, escaping)}\n`;
  }
  const body = typeof frame.body === 'string' ? ENCODER.encode(frame.body) : frame.body;
  if (body === undefined || body.length === 0) return ENCODER.encode(`${head}\n\0`);
  const headBytes = ENCODER.encode(`${head}content-length:${body.length}\n\n`);
  const bytes = new Uint8Array(headBytes.length + body.length + 1);
  bytes.set(headBytes);
  bytes.set(body, headBytes.length);
  return bytes;
}

/** Heads of HTTP/1.1 messages as they are on the wire (RFC 9112), in order and with nothing tidied up. */
import type { RawSocket } from './raw-socket.ts';
import { WireError } from './wire-error.ts';

const LONGEST_HEAD = 65_536;
const END = Buffer.from('\r\n\r\n');

export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface ResponseHead {
  readonly statusLine: string;
  readonly status: number;
  readonly headers: HeaderList;
}

/** The value of the first header of that name; names have no case. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([each]) => each.toLowerCase() === wanted)?.[1];
}

/** `path` and headers must have no line break in them. */
export function requestHead(method: string, path: string, headers: HeaderList): string {
  return `${method} ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** Reads up to the blank line; what came behind it stays unread. @throws WireError */
export async function readHead(socket: RawSocket, timeoutMillis: number): Promise<ResponseHead> {
  const deadline = performance.now() + timeoutMillis;
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = await socket.read(Math.max(1, deadline - performance.now()));
    if (chunk === undefined) {
      throw new WireError('closed', `the connection was closed after ${bytes.length} bytes of an answer`);
    }
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf(END);
    if (end !== -1) {
      socket.unread(bytes.subarray(end + END.length));
      return parseHead(bytes.subarray(0, end).toString('latin1'));
    }
    if (bytes.length > LONGEST_HEAD) throw new WireError('garbled', 'the head of the answer has no end');
    if (bytes.length >= 5 && bytes.toString('latin1', 0, 5) !== 'HTTP/') {
      throw new WireError('garbled', `what came is no HTTP: ${JSON.stringify(bytes.toString('latin1', 0, 40))}`);
    }
  }
}

/** The head without its blank line, as text. @throws WireError `garbled` */
export function parseHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1];
  if (status === undefined)
    throw new WireError('garbled', `what came is no HTTP/1.1: ${JSON.stringify(statusLine.slice(0, 60))}`);
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { statusLine: statusLine.trimEnd(), status: Number(status), headers };
}

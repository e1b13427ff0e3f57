/** The lines of an HTTP/1.1 head, each with what it means (RFC 9110 and 9112; RFC 6455 for those of a handshake). */
import type { Field } from './step.ts';

interface Known {
  readonly meaning: (value: string) => string;
  readonly clause: string;
}

const says = (meaning: string, clause: string): Known => ({ meaning: () => meaning, clause });

const REQUEST: Readonly<Record<string, Known>> = {
  host: says('Which of the sites at this address is meant. The only header that HTTP/1.1 demands.', 'RFC 9110, 7.2'),
  upgrade: says('What this connection is to speak from here on.', 'RFC 9110, 7.8'),
  connection: says(
    'Upgrade is for this connection alone. A proxy that does not know it drops both headers, and the handshake with them.',
    'RFC 9110, 7.6.1',
  ),
  'sec-websocket-key': says(
    '16 random bytes in base64. Nothing secret: only who knows WebSocket can make the answer to it.',
    'RFC 6455, 11.3.1',
  ),
  'sec-websocket-version': says('There is no other version.', 'RFC 6455, 11.3.5'),
  'sec-websocket-protocol': says('What may be spoken inside, the best first.', 'RFC 6455, 11.3.4'),
  accept: says('An event stream is wanted.', 'RFC 9110, 12.5.1'),
  authorization: says('Who this is. Hidden here.', 'RFC 6750, 2.1'),
  'x-user-id': says('Who this is, for servers that take anybody at their word.', 'of RTD'),
  'cache-control': says('No answer of a cache, please.', 'RFC 9111, 5.2.1'),
  'last-event-id': says('Where an earlier stream ended: the server goes on behind it.', 'HTML, 9.2.4'),
};

const RESPONSE: Readonly<Record<string, Known>> = {
  upgrade: says('From the next byte on it is that.', 'RFC 9110, 7.8'),
  connection: {
    meaning: (value) =>
      /upgrade/i.test(value)
        ? 'As it was asked for: the switch is made.'
        : 'Whether the connection stays open for a next request.',
    clause: 'RFC 9110, 7.6.1',
  },
  'keep-alive': says('How long it stays open.', 'RFC 2068, 19.7.1'),
  'sec-websocket-accept': says(
    'SHA-1 of the key and a fixed text, in base64: the server has understood, and this is no answer out of a cache.',
    'RFC 6455, 4.2.2',
  ),
  'sec-websocket-protocol': says('The one of those offered that the server has chosen.', 'RFC 6455, 11.3.4'),
  'content-type': {
    meaning: (value) =>
      /event-stream/i.test(value) ? 'EventSource takes this type and no other.' : 'What the body is.',
    clause: 'RFC 9110, 8.3',
  },
  'cache-control': says(
    'For whoever keeps or changes answers on the way: keep nothing, change nothing (no-transform: no compression either).',
    'RFC 9111, 5.2.2',
  ),
  'x-accel-buffering': says('For nginx: pass bytes on as they come.', 'of nginx'),
  'transfer-encoding': says(
    'Nobody knows how long it gets: it comes in chunks, each with its length before it.',
    'RFC 9112, 7.1',
  ),
  date: says("The server's clock.", 'RFC 9110, 6.6.1'),
  vary: says('Which headers of a request the answer depends on.', 'RFC 9110, 12.5.5'),
  server: says('What answers: often a proxy.', 'RFC 9110, 10.2.4'),
  via: says('A proxy on the way.', 'RFC 9110, 7.6.3'),
  'content-length': says('How many bytes of body follow.', 'RFC 9110, 8.6'),
  'access-control-allow-origin': says('Pages of that origin may read this.', 'Fetch, 3.3.3'),
};

const STATUS: Readonly<Record<number, string>> = {
  101: 'Switching Protocols: yes.',
  200: 'OK.',
  301: 'Elsewhere, for good. WebSocket clients do not follow.',
  302: 'Elsewhere. WebSocket clients do not follow.',
  400: 'The server did not understand the request, or misses a header.',
  401: 'The server wants a token.',
  403: 'Not from this Origin, or not at this Host.',
  404: 'There is nothing at that path.',
  426: 'An upgrade is required: the header Upgrade did not arrive.',
  502: 'A proxy, and nobody behind it.',
  503: 'Not now: too many, or going down.',
  504: 'A proxy, and nobody behind it answers in time.',
};

/** `bytes` up to and with the blank line. */
export function requestFields(bytes: Buffer): readonly Field[] {
  return headFields(bytes, REQUEST, () => ({
    meaning: 'Method, path and version. It has to be GET.',
    clause: 'RFC 9112, 3',
  }));
}

/** `bytes` up to and with the blank line. */
export function responseFields(bytes: Buffer): readonly Field[] {
  return headFields(bytes, RESPONSE, (line) => ({
    meaning: STATUS[Number(line.split(' ')[1])] ?? 'How it went.',
    clause: line.includes(' 101 ') ? 'RFC 9110, 15.2.2' : 'RFC 9112, 4',
  }));
}

function headFields(
  bytes: Buffer,
  known: Readonly<Record<string, Known>>,
  first: (line: string) => Omit<Field, 'bytes'>,
): readonly Field[] {
  return linesOf(bytes).map((line, index): Field => {
    const text = line.toString('latin1').trimEnd();
    if (index === 0) return { bytes: line, text, ...first(text) };
    if (text === '') return { bytes: line, meaning: 'A blank line: the head ends.', clause: 'RFC 9112, 2.1' };
    const colon = text.indexOf(':');
    const header = known[text.slice(0, colon).toLowerCase()];
    if (header === undefined) return { bytes: line, text, meaning: 'Not needed for this.' };
    return { bytes: line, text, meaning: header.meaning(text.slice(colon + 1).trim()), clause: header.clause };
  });
}

/** Each with its LF. */
export function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const lf = bytes.indexOf(0x0a, start);
    const end = lf === -1 ? bytes.length : lf + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

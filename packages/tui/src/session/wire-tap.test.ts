import type { WireFrame } from '@rtd/client/node';
import { readWebSocketHead } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { NOON } from '../../test/messages.ts';
import { titleOf, webSocketHeader } from '../view/wire-rows.ts';
import { createWireTap, maskSecrets } from './wire-tap.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
/** Nothing about it says that it is a secret but where it stands. */
const OPAQUE = 'c2lnbmF0dXJl';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('secrets', () => {
  it.each([
    `CONNECT\nAuthorization:Bearer ${TOKEN}\nhost:x\n\n\0`,
    `CONNECT\nauthorization: Bearer ${OPAQUE}\r\n\r\n\0`,
    `CONNECT\nlogin:a\npasscode:${OPAQUE}\n\n\0`,
    `SEND\ndestination:/app/auth.refresh\n\n{"token":"${OPAQUE}"}\0`,
    `SEND\ndestination:/app/auth.refresh\n\n{"token" : "quo\\"ted ${OPAQUE}"}\0`,
    `GET /stream?access_token=${OPAQUE}&symbols=BTC`,
    `somewhere else ${TOKEN}`,
  ])('%j keeps its own', (text) => {
    const masked = maskSecrets(text);
    expect(masked).not.toContain('c2lnbmF0dXJl');
    expect(masked).not.toContain('eyJzdWIi');
    expect(masked).toContain('***');
  });

  it('are all that is masked', () => {
    const text = 'MESSAGE\ndestination:/topic/messages\n\n{"content":"my token is late"}\0';
    expect(maskSecrets(text)).toBe(text);
  });
});

/** A frame from the server, of a whole message. */
const frame = (payload: Uint8Array, opcode = 2, fin = true): WireFrame => ({
  direction: 'in',
  at: NOON,
  fin,
  rsv: 0,
  opcode,
  maskingKey: undefined,
  lengthField: payload.length,
  headLength: 2,
  head: Uint8Array.of((fin ? 0x80 : 0) | opcode, payload.length),
  payloadLength: payload.length,
  payload,
});

describe('the tap', () => {
  it('keeps the newest, with their true sizes, and no endless chunk', () => {
    const tap = createWireTap();
    for (let index = 0; index < 2_000; index += 1) tap.webSocket.onFrame(frame(bytes(`frame ${index}`)));
    tap.sse({ direction: 'in', bytes: new Uint8Array(100_000).fill(97), at: NOON });
    const entries = tap.entries();
    expect(entries.length).toBe(501);
    expect(entries.at(-1)).toMatchObject({ number: 2_001, link: 'sse', size: 100_000 });
    expect(entries.at(-1)?.text.length).toBeLessThan(20_000);
    expect(entries.at(-2)?.text).toBe('frame 1999');
    expect(entries[0]?.text).toBe('frame 1500');
  });

  it('masks what is secret in the request that begins a WebSocket, too', () => {
    const tap = createWireTap();
    const text = `GET /ws?access_token=${OPAQUE} HTTP/1.1\r\nauthorization: Bearer ${OPAQUE}\r\ncookie: a=${OPAQUE}\r\n`;
    tap.webSocket.onHandshake({ direction: 'out', at: NOON, text });
    const [entry] = tap.entries();
    expect(entry?.text).not.toContain(OPAQUE);
    expect(titleOf(entry ?? expect.fail())).toBe('GET /ws?access_token=*** HTTP/1.1');
  });

  it('reads the code of a close', () => {
    const tap = createWireTap();
    tap.webSocket.onFrame(frame(Uint8Array.of(0x03, 0xf4, 0x62, 0x79, 0x65), 8));
    expect(titleOf(tap.entries()[0] ?? expect.fail())).toBe('close 1012 bye');
  });
});

describe('a piece in a line', () => {
  it.each([
    ['\n', 'heart-beat'],
    ['SEND\ndestination:/app/chat\n\n{}\0', 'SEND /app/chat'],
    ['RECEIPT\nreceipt-id:4\n\n\0\nMESSAGE\ndestination:/d\n\n\0', 'RECEIPT 4 and 1 more'],
  ])('stomp %j', (text, title) => {
    const tap = createWireTap();
    tap.webSocket.onFrame(frame(bytes(text)));
    tap.webSocket.onFrame(frame(bytes(text), 1, false));
    tap.webSocket.onFrame(frame(bytes(text), 0, false));
    tap.webSocket.onFrame(frame(bytes(text), 0));
    expect(tap.entries().map(titleOf)).toEqual([
      title,
      `the first part of ${title}`,
      'a further part of a message',
      'the last part of a message',
    ]);
  });

  it.each([
    ['event: market-tick\nid: 1\ndata: {"symbol":"BTC"}\n\n', 'market-tick {"symbol":"BTC"}'],
    [': keep-alive\n\n', 'comment : keep-alive'],
  ])('sse %j', (text, title) => {
    const tap = createWireTap();
    tap.sse({ direction: 'in', bytes: bytes(text), at: NOON });
    expect(titleOf(tap.entries()[0] ?? expect.fail())).toBe(title);
  });
});

// RFC 6455, section 5.7: the examples, and what the bits are called.
it.each([
  [[0x81, 0x05], 'FIN=1 RSV=000 opcode=0x1 (text) MASK=0 length=5; head of 2 octets: 81 05'],
  [
    [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d],
    'FIN=1 RSV=000 opcode=0x1 (text) MASK=1 key=37fa213d length=5; head of 6 octets: 81 85 37 fa 21 3d',
  ],
  [[0x01, 0x03], 'FIN=0 RSV=000 opcode=0x1 (text) MASK=0 length=3; head of 2 octets: 01 03'],
  [[0x82, 0x7e, 0x01, 0x00], 'FIN=1 RSV=000 opcode=0x2 (binary) MASK=0 length=126+256; head of 4 octets: 82 7e 01 00'],
  [
    [0xc2, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4],
    'FIN=1 RSV=100 opcode=0x2 (binary) MASK=1 key=01020304 length=127+65536; head of 14 octets: c2 ff 00 00 00 00 00 01 00 00 01 02 03 04',
  ],
])('the head %j, bit by bit', (octets, words) => {
  const head = Uint8Array.from(octets);
  expect(webSocketHeader({ ...(readWebSocketHead(head) ?? expect.fail()), octets: head })).toBe(`WebSocket ${words}`);
});

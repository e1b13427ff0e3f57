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

describe('the tap', () => {
  it('keeps the newest, with their true sizes, and no endless chunk', () => {
    const tap = createWireTap();
    for (let index = 0; index < 2_000; index += 1)
      tap.stomp({ direction: 'in', bytes: bytes(`frame ${index}`), at: NOON });
    tap.sse({ direction: 'in', bytes: new Uint8Array(100_000).fill(97), at: NOON });
    const entries = tap.entries();
    expect(entries.length).toBe(500);
    expect(entries.at(-1)).toMatchObject({ number: 2_001, link: 'sse', size: 100_000 });
    expect(entries.at(-1)?.text.length).toBeLessThan(20_000);
    expect(entries.at(-2)?.text).toBe('frame 1999');
  });
});

describe('a chunk in a line', () => {
  it.each([
    ['stomp', '\n', 'heart-beat'],
    ['stomp', 'SEND\ndestination:/app/chat\n\n{}\0', 'SEND /app/chat'],
    ['stomp', 'RECEIPT\nreceipt-id:4\n\n\0\nMESSAGE\ndestination:/d\n\n\0', 'RECEIPT 4 and 1 more'],
    ['sse', 'event: market-tick\nid: 1\ndata: {"symbol":"BTC"}\n\n', 'market-tick {"symbol":"BTC"}'],
    ['sse', ': keep-alive\n\n', 'comment : keep-alive'],
  ] as const)('%s %j', (link, text, title) => {
    expect(titleOf({ number: 1, link, direction: 'in', at: NOON, size: text.length, text })).toBe(title);
  });

  // RFC 6455, section 5.2: 7 bits of length, or 126 and 16 bits, or 127 and 64; 4 octets of mask from the client.
  it.each([
    ['in', 125, 'MASK=0 length=125; header of 2 octets'],
    ['out', 125, 'MASK=1 length=125; header of 6 octets'],
    ['out', 126, 'MASK=1 length=126+126; header of 8 octets'],
    ['in', 65_536, 'MASK=0 length=127+65536; header of 10 octets'],
  ] as const)('frames %s of %d octets', (direction, size, words) => {
    expect(webSocketHeader({ direction, size })).toContain(words);
  });
});

import { expect, it } from 'vitest';
import { BINARY, PONG, TEXT, websocketFrame } from './websocket-frame.ts';

it('the examples of RFC 6455, section 5.7', () => {
  expect([...websocketFrame(TEXT, Buffer.from('Hello'))]).toEqual([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  expect([...websocketFrame(PONG, Buffer.from('Hello'))]).toEqual([0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  expect([...websocketFrame(BINARY, Buffer.alloc(256)).subarray(0, 4)]).toEqual([0x82, 0x7e, 0x01, 0x00]);
  expect([...websocketFrame(BINARY, Buffer.alloc(65_536)).subarray(0, 10)]).toEqual([
    0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0,
  ]);
});

it.each([
  [0, 2],
  [125, 2],
  [126, 4],
  [65_535, 4],
  [65_536, 10],
])('a payload of %i octets stands behind a head of %i', (length, head) => {
  const payload = Buffer.alloc(length, 7);
  const frame = websocketFrame(TEXT, payload);
  expect(frame.length).toBe(head + length);
  expect(frame.subarray(head).equals(payload)).toBe(true);
});

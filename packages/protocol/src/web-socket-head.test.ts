import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWebSocketHead, unmasked } from './web-socket-head.ts';

describe('the examples of RFC 6455, section 5.7', () => {
  it.each([
    ['text', [0x81, 0x05], { fin: true, opcode: 1, maskingKey: undefined, payloadLength: 5, headLength: 2 }],
    [
      'masked text',
      [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d],
      { fin: true, opcode: 1, maskingKey: Uint8Array.of(0x37, 0xfa, 0x21, 0x3d), payloadLength: 5, headLength: 6 },
    ],
    ['the first fragment', [0x01, 0x03], { fin: false, opcode: 1, payloadLength: 3 }],
    ['the last fragment', [0x80, 0x02], { fin: true, opcode: 0, payloadLength: 2 }],
    ['256 octets', [0x82, 0x7e, 1, 0], { opcode: 2, lengthField: 126, payloadLength: 256, headLength: 4 }],
    [
      '65,536 octets',
      [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0],
      { opcode: 2, lengthField: 127, payloadLength: 65_536, headLength: 10 },
    ],
    ['a compressed message (RFC 7692)', [0xc1, 0x07], { fin: true, rsv: 4, opcode: 1, payloadLength: 7 }],
  ])('%s', (_what, octets, head) => {
    const bytes = Uint8Array.from(octets);
    expect(readWebSocketHead(bytes)).toMatchObject(head);
    expect(readWebSocketHead(Uint8Array.of(9, 9, ...octets), 2)).toEqual(readWebSocketHead(bytes));
    for (let length = 0; length < octets.length; length += 1) {
      expect(readWebSocketHead(bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it('a masked Hello, unmasked whole and in pieces', () => {
    const key = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
    const masked = Uint8Array.of(0x7f, 0x9f, 0x4d, 0x51, 0x58);
    expect(new TextDecoder().decode(unmasked(masked, key))).toBe('Hello');
    expect(new TextDecoder().decode(unmasked(masked.subarray(3), key, 3))).toBe('lo');
  });
});

it('a law: masking twice is nothing', () => {
  const key = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.uint8Array(), key, fc.nat(1_000), (payload, maskingKey, offset) => {
      expect(unmasked(unmasked(payload, maskingKey, offset), maskingKey, offset)).toEqual(payload);
    }),
  );
});

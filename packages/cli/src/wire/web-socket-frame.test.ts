import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientFrame, takeFrame } from './web-socket-frame.ts';

describe('the examples of RFC 6455, section 5.7', () => {
  test('a masked text message, written', () => {
    const frame = clientFrame(1, Buffer.from('Hello'), Buffer.of(0x37, 0xfa, 0x21, 0x3d));
    expect(frame).toEqual(Buffer.of(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58));
  });

  test('an unmasked ping, read', () => {
    const frame = takeFrame(Buffer.of(0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f));
    expect(frame).toMatchObject({ fin: true, opcode: 9, maskingKey: undefined, payload: Buffer.from('Hello') });
  });

  test('256 and 65536 bytes of binary data', () => {
    for (const [head, length] of [
      [Buffer.of(0x82, 0x7e, 0x01, 0x00), 256],
      [Buffer.of(0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0), 65_536],
    ] as const) {
      expect(takeFrame(Buffer.concat([head, Buffer.alloc(length, 7)]))?.payload).toEqual(Buffer.alloc(length, 7));
    }
  });
});

test('a law: what is written is read, and of a part of it nothing', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(),
      (payload, mask, cut) => {
        const bytes = clientFrame(2, Buffer.from(payload), Buffer.from(mask));
        expect(takeFrame(bytes)).toMatchObject({
          fin: true,
          opcode: 2,
          maskingKey: mask,
          payload: Buffer.from(payload),
        });
        expect(takeFrame(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
      },
    ),
  );
});

test('a frame that claims more than anybody sends is refused', () => {
  expect(() => takeFrame(Buffer.of(0x82, 0x7f, 0, 0, 1, 0, 0, 0, 0, 0))).toThrow(/claims/);
});

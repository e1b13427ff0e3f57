import { expect, it } from 'vitest';
import { uuidV7 } from './uuid-v7.ts';

it('writes the example of RFC 9562, A.6', () => {
  const random = Buffer.from('0CC3'.concat('18C4DC0C0C07398F'), 'hex');
  expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

it('sorts by time', () => {
  const last = new Uint8Array(10).fill(255);
  expect(uuidV7(1_000, last) < uuidV7(1_001, new Uint8Array(10))).toBe(true);
});

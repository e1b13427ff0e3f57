import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_MESSAGES, STAMP_DIGITS, Stamps } from './stamp.ts';

const number = fc.integer({ min: 0, max: MOST_MESSAGES - 1 });

test('law: a stamp is found in any text around it, and is the same as a number in JSON', () => {
  const stamps = new Stamps(() => 0.123456);
  fc.assert(
    fc.property(number, fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!/\d$/.test(before) && !/^\d/.test(after));
      const stamp = stamps.write(value);
      expect(stamp).toHaveLength(STAMP_DIGITS);
      expect(stamps.find(Buffer.from(before + stamp + after))).toBe(value);
      expect(stamps.find(Buffer.from(JSON.stringify({ volume: Number(stamp) })))).toBe(value);
    }),
  );
});

test('the stamp of another run is none, and neither is half a stamp', () => {
  const stamps = new Stamps(() => 0.1);
  expect(stamps.find(Buffer.from(new Stamps(() => 0.2).write(5)))).toBe(-1);
  expect(stamps.find(Buffer.from(stamps.write(5).slice(0, -1)))).toBe(-1);
  expect(stamps.find(Buffer.from(''))).toBe(-1);
});

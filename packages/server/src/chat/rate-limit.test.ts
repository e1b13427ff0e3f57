import { UserId } from '@rtd/protocol';
import { expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { createRateLimit } from './rate-limit.ts';

const user = (name: string) => UserId.parse(name);
const ann = user('ann');

function at(): { clock: Clock; move(millis: number): void } {
  let now = 0;
  const never = { cancel() {} };
  return {
    clock: { now: () => now, monotonic: () => now, after: () => never, every: () => never },
    move(millis) {
      now += millis;
    },
  };
}

const taken = (count: number, take: () => boolean) => Array.from({ length: count }, take).filter(Boolean).length;

test('a burst, then as many a second as it says', () => {
  const { clock, move } = at();
  const rate = createRateLimit(clock, 20, 40);
  expect(taken(100, () => rate.tryTake(ann))).toBe(40);
  let later = 0;
  for (let millis = 0; millis < 10_000; millis += 10) {
    move(10);
    later += taken(5, () => rate.tryTake(ann));
  }
  expect(later).toBe(200);
  expect(rate.tryTake(user('bob'))).toBe(true);
});

test('says how long to wait, and that is long enough', () => {
  const { clock, move } = at();
  const rate = createRateLimit(clock, 3, 1);
  rate.take(ann, 1);
  expect(() => rate.take(ann, 1)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMillis: 334 }));
  move(333);
  expect(rate.tryTake(ann)).toBe(false);
  move(1);
  expect(rate.tryTake(ann)).toBe(true);
});

test('more than the burst at once puts the bucket in debt, which is paid off before the next', () => {
  const { clock, move } = at();
  const rate = createRateLimit(clock, 10, 10);
  rate.take(ann, 30);
  move(2_000);
  expect(rate.tryTake(ann)).toBe(false);
  move(100);
  expect(rate.tryTake(ann)).toBe(true);
});

test('remembers only who was active of late', () => {
  const { clock, move } = at();
  const rate = createRateLimit(clock, 20, 40);
  for (let number = 0; number < 10_000; number += 1) {
    rate.take(user(`user${number}`), 1);
    move(1);
  }
  expect(rate.size).toBeLessThanOrEqual(51);
});

test('no limit remembers nobody', () => {
  const rate = createRateLimit(at().clock, Number.POSITIVE_INFINITY, 40);
  expect(taken(1_000, () => rate.tryTake(ann))).toBe(1_000);
  expect(rate.size).toBe(0);
});

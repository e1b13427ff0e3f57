import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evenPace, keepPace } from './pace.ts';

test('law: a message is due from its intended time on, and not before', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 1e5, noNaN: true }), fc.nat(1e5), (rate, index) => {
      const pace = evenPace(rate, 1_000);
      expect(pace.dueBy(pace.intendedAt(index))).toBe(index + 1);
      expect(pace.dueBy(pace.intendedAt(index) - 500 / rate)).toBe(index);
    }),
  );
});

test('nothing is due before the start', () => {
  expect(evenPace(100, 1_000).dueBy(999)).toBe(0);
});

test('a sender that was held up sends all that is due, each with the time at which it should have gone', async () => {
  const sent: (readonly number[])[] = [];
  // The clock jumps by 40 ms after the first message: as long as four of them take.
  const times = [0, 0, 40, 40, 50, 50, 60, 70, 80, 90];
  let at = 0;
  await keepPace({
    rate: 100,
    start: 0,
    end: 60,
    signal: new AbortController().signal,
    now: () => times[Math.min(at++, times.length - 1)] ?? 0,
    send: (due) => sent.push(due),
  });
  expect(sent).toEqual([[0], [10, 20, 30, 40], [50]]);
});

test('the signal ends it', async () => {
  const controller = new AbortController();
  let count = 0;
  await keepPace({
    rate: 1_000,
    start: performance.now(),
    end: Number.POSITIVE_INFINITY,
    signal: controller.signal,
    now: () => performance.now(),
    send: (due) => {
      count += due.length;
      if (count >= 5) controller.abort();
    },
  });
  expect(count).toBeGreaterThanOrEqual(5);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

test('an empty one says zero everywhere', () => {
  expect(new Histogram().summary()).toEqual({ count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
});

test('quantiles of 1 to 1,000 ms are the numbers themselves, to one part in 128', () => {
  const histogram = new Histogram();
  for (let millis = 1; millis <= 1_000; millis += 1) histogram.record(millis);
  const { count, min, mean, p50, p90, p99, p999, max } = histogram.summary();
  expect({ count, min, mean, max }).toEqual({ count: 1_000, min: 1, mean: 500.5, max: 1_000 });
  for (const [found, exact] of [
    [p50, 500],
    [p90, 900],
    [p99, 990],
    [p999, 999],
  ] as const) {
    expect(found).toBeGreaterThanOrEqual(exact);
    expect(found).toBeLessThanOrEqual(exact * (1 + 1 / 128));
  }
});

test('law: any quantile is that of the sorted values, never less and at most one part in 128 more', () => {
  const micros = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 1_000 }));
  fc.assert(
    fc.property(fc.array(micros, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value / 1_000);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = (sorted[Math.max(1, Math.ceil(share * values.length)) - 1] ?? Number.NaN) / 1_000;
      const found = histogram.quantile(share);
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * (1 + 1 / 128) + 1e-9);
    }),
  );
});

test('what is before the beginning counts as zero, what is past the end as the end', () => {
  const histogram = new Histogram();
  histogram.record(-5);
  expect(histogram.quantile(1)).toBe(0);
  histogram.record(1e12);
  expect(histogram.quantile(1)).toBe((2 ** 32 - 1) / 1_000);
});

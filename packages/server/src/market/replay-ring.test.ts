import { type LogPosition, TickerSymbol } from '@rtd/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeAt, type RingTick } from './placed-tick.ts';
import { ReplayRing } from './replay-ring.ts';
import type { LoggedTick } from './tick-log.ts';

const SYMBOLS = ['A', 'B', 'C', 'D', 'E', 'F'].map((name) => TickerSymbol.parse(name));

function logged(partition: number, offset: number, symbol: TickerSymbol): LoggedTick {
  const tick = {
    symbol,
    price: offset + 1,
    change: 0,
    changePercent: 0,
    volume: 0,
    timestamp: '2026-01-31T09:00:00.000Z',
  };
  return { partition, offset, tick };
}

/** Ticks of three partitions in some order, with holes between the offsets. */
const history = fc
  .array(fc.record({ partition: fc.nat(2), step: fc.integer({ min: 1, max: 3 }), which: fc.nat(1) }), { maxLength: 60 })
  .map((steps) => {
    const next = [-1, -1, -1];
    return steps.map(({ partition, step, which }) => {
      next[partition] = (next[partition] ?? -1) + step;
      return logged(partition, next[partition] ?? 0, SYMBOLS[partition * 2 + which] ?? TickerSymbol.parse('A'));
    });
  });

const place: fc.Arbitrary<LogPosition> = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -1, max: 60 })));

it('gives, from any place that it reaches, exactly what lies behind it, by pages of any size', () => {
  fc.assert(
    fc.property(
      history,
      place,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 9 }),
      fc.option(fc.subarray(SYMBOLS), { nil: undefined }),
      (ticks, from, capacity, limit, wanted) => {
        const ring = new ReplayRing(capacity, [-1, -1, -1]);
        const position = [-1, -1, -1];
        for (const tick of ticks) ring.push(placeAt(position, tick));
        const behind = ticks.filter(({ partition, offset }) => offset > (from[partition] ?? -1));
        const kept = ticks.slice(Math.max(0, ticks.length - capacity));
        // It reaches a place exactly when nothing behind that place was pushed out.
        expect(ring.reaches(from)).toBe(behind.every((tick) => kept.includes(tick)));
        if (!ring.reaches(from)) return;

        const filter = wanted === undefined ? undefined : new Set(wanted);
        const cursor = [...from];
        const got: RingTick[] = [];
        for (;;) {
          const page = ring.take(cursor, filter, limit);
          expect(page.ticks.length).toBeLessThanOrEqual(limit);
          got.push(...page.ticks);
          if (page.end) break;
        }
        const expected = behind.filter(({ tick }) => filter === undefined || filter.has(tick.symbol));
        expect(got.map(({ partition, offset, tick }) => ({ partition, offset, tick }))).toEqual(expected);
        // Who stops after any of them and comes back from its place gets the rest, no more and no less.
        for (const [index, tick] of got.entries()) {
          const again = ring.take([...tick.position], filter, 1_000);
          expect(again.ticks.map(({ offset }) => offset)).toEqual(
            expected.slice(index + 1).map(({ offset }) => offset),
          );
        }
      },
    ),
    { numRuns: 500 },
  );
});

/** A short fuzz with a fixed seed, so the same cases each time; `npm run fuzz` goes on from there. */
import { describe, expect, it } from 'vitest';
import { corpusOf, fuzz, TARGETS, tryCase } from './fuzz.ts';
import type { FuzzTarget } from './target.ts';

describe.each(TARGETS)('$name', (target) => {
  it('keeps its promises for its corpus', () => {
    expect(corpusOf(target).length).toBeGreaterThan(5);
    for (const [index, bytes] of corpusOf(target).entries())
      expect(tryCase(target, bytes, index).reason).toBeUndefined();
  });

  it('keeps its promises for 4,000 mutations', () => {
    expect(fuzz(target, 20_260_131, (cases) => cases < 4_000)).toMatchObject({ cases: 4_000, find: undefined });
  });
});

describe('the fuzzer itself', () => {
  const broken = (check: FuzzTarget['check']): FuzzTarget => ({ name: 'broken', corpus: 'stomp', words: ['x'], check });

  it('finds what throws, and gives the bytes that did', () => {
    const target = broken((bytes) => {
      if (bytes.includes(0x78)) throw new TypeError('an x');
    });
    const { find } = fuzz(target, 1, (cases) => cases < 1_000);
    expect(find?.reason).toContain('an x');
    const again = tryCase(target, Buffer.from(find?.hex ?? '', 'hex'), find?.seed ?? 0);
    expect(again.reason).toContain('an x');
  });

  it('gives the same cases for the same seed', () => {
    const cases = (seed: number): string[] => {
      const seen: string[] = [];
      fuzz(
        broken((bytes, random) => seen.push(`${Buffer.from(bytes).toString('hex')} ${random.below(100)}`)),
        seed,
        (count) => count < 200,
      );
      return seen;
    };
    expect(cases(5)).toEqual(cases(5));
    expect(cases(5)).not.toEqual(cases(6));
  });
});

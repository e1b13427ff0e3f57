import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMMANDS } from './command-list.ts';
import { closest, distance } from './did-you-mean.ts';

const names = COMMANDS.map(({ words }) => words);

test.each([
  ['strat', 'start'],
  ['snd', 'send'],
  ['SERVE', 'serve'],
  ['histroy', 'history'],
  ['simulat', 'simulate'],
  ['watch cat', 'watch chat'],
  ['hist', 'history'],
])('%s means %s', (typed, meant) => {
  expect(closest(typed, names)).toBe(meant);
});

test.each(['publish', 'x', '', 'kubernetes'])('%s means nothing that there is', (typed) => {
  expect(closest(typed, names)).toBeUndefined();
});

test.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['abc', 'ab', 1],
  ['abc', 'abcd', 1],
  ['abc', 'xbc', 1],
  ['abc', '', 3],
])('%s and %s are %d slips apart', (a, b, slips) => {
  expect(distance(a, b)).toBe(slips);
});

test('a distance is the same both ways, and none exactly where nothing differs', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(distance(a, b)).toBe(distance(b, a));
      expect(distance(a, b) === 0).toBe(a === b);
    }),
  );
});

import { expect, test } from 'vitest';
import { publicUser } from './public-user.ts';

test('an open name is a name', () => {
  expect(publicUser('ann', 'open')).toBe('ann');
});

test('a name that a token stands for is not told', () => {
  // printf %s ann | sha256sum
  expect(publicUser('ann', 'jwt')).toBe('49915e0d7d4b');
  expect(publicUser('', 'jwt')).toBe('');
});

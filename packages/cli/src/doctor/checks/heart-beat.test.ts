import { expect, test } from 'vitest';
import { beatFinding } from './heart-beat.ts';

test.each([
  ['in time', true, 10_300, 'pass'],
  ['within twice the interval, as of a server that looks once an interval', true, 19_900, 'warn'],
  ['not at all', false, 22_000, 'fail'],
])('a heart-beat %s', (_when, came, millis, status) => {
  expect(beatFinding('CONNECT', 10_000, { came, millis }).status).toBe(status);
});

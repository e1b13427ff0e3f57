import { expect, test } from 'vitest';
import { millisIn } from './duration.ts';
import { momentIn } from './moment.ts';

const now = new Date(2026, 2, 2, 12, 0, 0).getTime();

test.each([
  ['2026-03-02T09:00:00.000Z', Date.UTC(2026, 2, 2, 9)],
  ['2026-03-02T09:00+02:00', Date.UTC(2026, 2, 2, 7)],
  ['2026-03-02', new Date(2026, 2, 2).getTime()],
  ['2026-03-02 09:30', new Date(2026, 2, 2, 9, 30).getTime()],
  ['09:30', new Date(2026, 2, 2, 9, 30).getTime()],
  ['2h', now - 7_200_000],
  ['90s', now - 90_000],
])('%s is a moment', (text, at) => {
  expect(momentIn(text, 'from', now)).toBe(at);
});

test.each(['', 'yesterday', '25:00', '2026-13-01', '5', '2x', '1 March', '-2h'])('"%s" is none', (text) => {
  expect(() => momentIn(text, 'from', now)).toThrow(/--from takes a moment/);
});

test.each([
  ['90', 90_000],
  ['500ms', 500],
  ['2s', 2_000],
  ['1.5m', 90_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['5x', undefined],
  ['', undefined],
  ['-1s', undefined],
  ['1e3', undefined],
])('"%s" is %d ms', (text, millis) => {
  expect(millisIn(text)).toBe(millis);
});

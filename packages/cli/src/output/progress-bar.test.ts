import { expect, test } from 'vitest';
import { createProgressBar } from './progress-bar.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test('on a terminal it is one line, renewed in place, and gone at the end', () => {
  const to = screen(true);
  let now = 0;
  const bar = createProgressBar(to, 'messages', 3_000, () => now);
  bar.update(0);
  now = 100;
  bar.update(1_500);
  bar.update(1_501);
  bar.close();
  bar.close();
  expect(to.written).toEqual([
    `\r\x1b[2Kmessages  [${' '.repeat(30)}]  0 of 3,000`,
    `\r\x1b[2Kmessages  [${'='.repeat(15)}${' '.repeat(15)}]  1,500 of 3,000`,
    '\r\x1b[2K',
  ]);
});

test('elsewhere it is a line every five seconds, and nothing for short work', () => {
  const to = screen(false);
  let now = 0;
  const bar = createProgressBar(to, 'ticks', 10, () => now);
  for (now = 0; now <= 12_000; now += 1_000) bar.update(now / 1_000);
  bar.close();
  expect(to.written).toEqual(['rtd: ticks: 5 of 10\n', 'rtd: ticks: 10 of 10\n']);
});

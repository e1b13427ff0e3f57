import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgress } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, written, write: (text: string) => written.push(text) };
}

test('where nobody looks it is a line a step, with the seconds at the end', () => {
  const to = screen(false);
  const progress = createProgress(to, () => Date.now());
  progress.step('mysql', 'making an empty database folder');
  vi.advanceTimersByTime(1_500);
  progress.step('mysql', 'starting');
  vi.advanceTimersByTime(1_000);
  progress.ready('mysql');
  progress.step('redis', 'starting');
  progress.failed('redis');
  progress.close();
  expect(to.written).toEqual([
    'rtd: mysql  making an empty database folder\n',
    'rtd: mysql  starting\n',
    'rtd: mysql  ready after 2.5 s\n',
    'rtd: redis  starting\n',
    'rtd: redis  failed after 0.0 s\n',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test('on a terminal one more line says what is waited for, never wider than the screen, and is gone at the end', () => {
  const to = screen(true);
  const progress = createProgress(to, () => Date.now());
  progress.step('kafka', `fetching ${'x'.repeat(100)}`);
  progress.step('mysql', 'starting');
  vi.advanceTimersByTime(3_000);
  const live = to.written.at(-1) ?? '';
  expect(live).toMatch(/^kafka 3\.0 s: fetching x+$/);
  expect(live).toHaveLength(59);
  progress.ready('kafka');
  vi.advanceTimersByTime(200);
  expect(to.written.at(-1)).toBe('mysql 3.2 s: starting');
  progress.ready('mysql');
  progress.close();
  vi.advanceTimersByTime(1_000);
  expect(to.written.at(-1)).toBe('rtd: mysql  ready after 3.2 s\n');
  expect(vi.getTimerCount()).toBe(0);
});

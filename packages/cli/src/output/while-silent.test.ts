import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { waitingFor } from './while-silent.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what takes long is said to be waited for, once, and comes all the same', async () => {
  const said: string[] = [];
  const { promise, resolve } = Promise.withResolvers<number>();
  const waiting = waitingFor('an answer', promise, (line) => void said.push(line));
  vi.advanceTimersByTime(2_900);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual(['Still waiting for an answer.']);
  resolve(7);
  expect(await waiting).toBe(7);
});

test('what is there at once, or fails, says nothing and leaves no timer', async () => {
  const never = (): never => expect.unreachable();
  expect(await waitingFor('an answer', Promise.resolve(7), never)).toBe(7);
  await expect(waitingFor('an answer', Promise.reject(new Error('no')), never)).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});

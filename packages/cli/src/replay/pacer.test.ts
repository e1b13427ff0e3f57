import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pacer, type PacerOptions } from './pacer.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const idle = new AbortController().signal;

function pacerOf(options: Partial<PacerOptions> = {}): Pacer {
  return new Pacer({ speed: 1, monotonic: () => Date.now(), signal: idle, ...options });
}

/** Plays things of these times; when each was due, in milliseconds since the start. */
function play(pacer: Pacer, times: readonly number[]): { readonly due: number[]; readonly done: Promise<void> } {
  const start = Date.now();
  const due: number[] = [];
  const done = (async () => {
    for (const time of times) {
      await pacer.due(time);
      due.push(Date.now() - start);
    }
  })();
  return { due, done };
}

test('the gaps are those of the past, the first comes at once', async () => {
  const { due, done } = play(pacerOf(), [500, 1_500, 1_500, 4_500]);
  await vi.advanceTimersByTimeAsync(4_000);
  await done;
  expect(due).toEqual([0, 1_000, 1_000, 4_000]);
});

test('speed divides the gaps, and the longest gap bounds them', async () => {
  const { due, done } = play(pacerOf({ speed: 10, maxGapMillis: 3_000 }), [0, 20_000, 1_000_000]);
  await vi.advanceTimersByTimeAsync(5_000);
  await done;
  expect(due).toEqual([0, 2_000, 5_000]);
});

test('max waits for nothing, and what is out of order comes there and then', async () => {
  const fast = play(pacerOf({ speed: Number.POSITIVE_INFINITY }), [0, 1e9, 2e9]);
  await fast.done;
  expect(fast.due).toEqual([0, 0, 0]);
  const { due, done } = play(pacerOf(), [5_000, 1_000, 6_000]);
  await vi.advanceTimersByTimeAsync(1_000);
  await done;
  expect(due).toEqual([0, 0, 1_000]);
});

test('a hold takes no time off the wait that it interrupts, however long it lasts', async () => {
  const pacer = pacerOf();
  const { due, done } = play(pacer, [0, 1_000, 2_000]);
  await vi.advanceTimersByTimeAsync(400);
  pacer.hold('paused');
  pacer.hold('stopped');
  await vi.advanceTimersByTimeAsync(60_000);
  pacer.release('stopped');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(due).toEqual([0]);
  pacer.release('paused');
  await vi.advanceTimersByTimeAsync(599);
  expect(due).toEqual([0]);
  await vi.advanceTimersByTimeAsync(1_001);
  await done;
  expect(due).toEqual([0, 121_000, 122_000]);
});

test('held before the first, nothing is due', async () => {
  const pacer = pacerOf({ speed: Number.POSITIVE_INFINITY });
  pacer.hold('paused');
  const { due } = play(pacer, [0, 1]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(due).toEqual([]);
  pacer.release('paused');
  await vi.advanceTimersByTimeAsync(0);
  expect(due).toEqual([10_000, 10_000]);
});

test('a skip ends one wait, and no more', async () => {
  const pacer = pacerOf();
  const { due, done } = play(pacer, [0, 60_000, 61_000]);
  await vi.advanceTimersByTimeAsync(10);
  pacer.skip();
  await vi.advanceTimersByTimeAsync(1_000);
  await done;
  expect(due).toEqual([0, 10, 1_010]);
});

test('a process that stood still goes on where it was, and catches up with nothing', async () => {
  let now = 0;
  const pacer = pacerOf({ monotonic: () => now });
  await pacer.due(0);
  now = 3_600_000;
  const second = pacer.due(1_000);
  await vi.advanceTimersByTimeAsync(0);
  await second;
  const third = pacer.due(2_000);
  expect(pacer.waitMillis).toBe(1_000);
  now += 1_000;
  await vi.advanceTimersByTimeAsync(1_000);
  await third;
});

test('an end ends every wait, and leaves no timer', async () => {
  const stop = new AbortController();
  const pacer = pacerOf({ signal: stop.signal });
  await pacer.due(0);
  const wait = pacer.due(1e12);
  stop.abort();
  await wait;
  expect(vi.getTimerCount()).toBe(0);
});

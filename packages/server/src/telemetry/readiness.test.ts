import { RtdError } from '@rtd/protocol';
import { expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { createReadiness, type Dependency } from './readiness.ts';

const up: Dependency = { name: 'store', technology: 'sqlite', needed: true, check: async () => {} };
const down = (needed: boolean, error: Error): Dependency => ({
  name: needed ? 'store' : 'bus',
  technology: 'there',
  needed,
  check: () => Promise.reject(error),
});

function readiness(dependencies: readonly Dependency[], draining = false) {
  const clock = new ManualClock();
  return { clock, ...createReadiness({ dependencies, clock, isDraining: () => draining }) };
}

it('is ready when everything answers', async () => {
  expect(await readiness([up]).check()).toEqual({ ready: true, lines: ['server: ok', 'store (sqlite): ok'] });
});

it('is not ready while it drains', async () => {
  expect(await readiness([up], true).check()).toEqual({
    ready: false,
    lines: ['server: draining', 'store (sqlite): ok'],
  });
});

it('is not ready without what it needs, and says why', async () => {
  const error = new RtdError('STORE_UNAVAILABLE', 'The disk is full.');
  expect(await readiness([down(true, error)]).check()).toEqual({
    ready: false,
    lines: ['server: ok', 'store (there): down: The disk is full.'],
  });
});

it('is ready, and degraded, without what it can do without', async () => {
  const error = new RtdError('UNAVAILABLE', 'No answer.');
  expect(await readiness([up, down(false, error)]).check()).toMatchObject({
    ready: true,
    lines: ['server: ok', 'store (sqlite): ok', 'bus (there): degraded: No answer.'],
  });
});

it('shows nothing of an error that is not meant for others', async () => {
  const { lines } = await readiness([down(true, new Error('connect mysql://root:hunter2@db'))]).check();
  expect(lines.join()).not.toMatch(/hunter2|mysql/);
});

it('waits 2 s for an answer', async () => {
  const { check, clock } = readiness([{ ...up, check: () => new Promise(() => {}) }]);
  const checked = check();
  clock.pass(2_000);
  expect(await checked).toMatchObject({
    ready: false,
    lines: ['server: ok', 'store (sqlite): down: no answer within 2 s'],
  });
  expect(clock.timers).toBe(0);
});

it('asks a dependency once, however many want to know', async () => {
  let asked = 0;
  const counted: Dependency = {
    ...up,
    check: async () => {
      asked++;
    },
  };
  const { check } = readiness([counted]);
  await Promise.all([check(), check(), check()]);
  expect(asked).toBe(1);
  await check();
  expect(asked).toBe(2);
});

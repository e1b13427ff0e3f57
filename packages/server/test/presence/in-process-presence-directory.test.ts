import { ServerId, UserId } from '@rtd/protocol';
import { expect, it } from 'vitest';
import { createPresenceHub } from '../../src/adapters/in-process/in-process-presence-directory.ts';
import { ManualClock } from '../manual-clock.ts';
import { describePresenceDirectory } from './presence-directory.contract.ts';

describePresenceDirectory('in-process', async () => {
  const clock = new ManualClock();
  const hub = createPresenceHub(clock);
  return {
    join: async (serverId) => hub.join(serverId),
    now: () => clock.now(),
    pass: async (millis) => clock.pass(millis),
    close: async () => {},
  };
});

it('keeps the 10,000 users that were seen last, and everybody who is online', async () => {
  const clock = new ManualClock();
  const directory = createPresenceHub(clock).join(ServerId.parse('one'));
  const userId = (number: number) => UserId.parse(`user-${number}`);
  const put = (number: number, status: 'ONLINE' | 'OFFLINE'): void =>
    directory.put({ userId: userId(number), userName: 'x', status, lastSeen: clock.now() });
  put(0, 'ONLINE');
  for (let number = 1; number <= 10_002; number++) {
    put(number, 'ONLINE');
    put(number, 'OFFLINE');
  }
  const kept = new Set((await directory.list()).map((record) => record.userId));
  expect(kept.size).toBe(10_001);
  expect([0, 1, 2, 3].map((number) => kept.has(userId(number)))).toEqual([true, false, false, true]);
  await directory.close();
  expect(clock.timers).toBe(0);
});

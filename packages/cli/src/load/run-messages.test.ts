import { expect, test } from 'vitest';
import { foreignBroker } from '../../test/doctor/foreign-broker.ts';
import { stompSettingsOf } from './flags.ts';
import { LoadRun } from './load-run.ts';
import { runMessages } from './run-messages.ts';

const FLAGS = {
  connections: 2,
  duration: 0.1,
  subscribe: '/topic/load',
  to: '/topic/load',
  receipts: true,
  'heart-beat': 0,
};
const TRAFFIC = { verify: false, rate: 10, size: 16, senders: 1, inFlight: 1 } as const;

test('a server without receipts: nothing is measured, and each client says why once', async () => {
  await using broker = await foreignBroker({ login: 'me', passcode: 'secret', receipts: false });
  const settings = stompSettingsOf({ ...FLAGS, url: broker.bareUrl }, TRAFFIC, {
    RTD_LOGIN: 'me',
    RTD_PASSCODE: 'secret',
  });
  const run = new LoadRun({
    signal: new AbortController().signal,
    meter: { restart: () => {}, figures: () => NO_FIGURES, [Symbol.dispose]: () => {} },
    random: () => 0.5,
  });
  await runMessages(run, { ...settings, subscribingMillis: 50 }, 2);
  expect(run.startedAt).toBeNaN();
  expect(run.tally.failed).toBe(2);
  expect(run.tally.reasons).toEqual([{ reason: expect.stringContaining('needs --no-receipts'), count: 2 }]);
});

const NO_FIGURES = { cpu: 0, loopUtilization: 0, loopDelayP99: 0, loopDelayMax: 0, memoryMegabytes: 0 };

import { expect, test } from 'vitest';
import { clientWasBottleneck, meterClient } from './client-meter.ts';

const IDLE = { cpu: 0.1, loopUtilization: 0.1, loopDelayP99: 1, loopDelayMax: 5, memoryMegabytes: 80 };

test('an idle client was no bottleneck', () => {
  expect(clientWasBottleneck(IDLE, 1)).toEqual([]);
});

test.each([
  [{ ...IDLE, cpu: 0.97 }, 0, ['it used 97% of a core']],
  [{ ...IDLE, loopUtilization: 0.95 }, 0, ['its event loop was busy for 95% of the time']],
  [{ ...IDLE, cpu: 0.7, loopDelayP99: 240 }, 0, ['its event loop was late by 240 ms (p99)']],
  [IDLE, 80, ['it sent 80 ms too late (p99)', 'the machine had no core free for it']],
])('%j, %d ms late: %j', (figures, lateness, why) => {
  expect(clientWasBottleneck(figures, lateness)).toEqual(why);
});

test('a process that spins is told from one that waits', async () => {
  using meter = meterClient(process);
  meter.restart();
  const end = performance.now() + 200;
  while (performance.now() < end);
  expect(meter.figures().loopUtilization).toBeGreaterThan(0.8);
  meter.restart();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(meter.figures().loopUtilization).toBeLessThan(0.5);
});

import { expect, test } from 'vitest';
import type { BenchResult } from './bench-result.ts';
import { compareResults, comparisonLines } from './compare-results.ts';

const RESULT: BenchResult = {
  schema: 'rtd-bench/1',
  mode: 'fanout',
  url: 'http://127.0.0.1:8080',
  startedAt: '2026-01-01T00:00:00.000Z',
  measuredFrom: null,
  interrupted: false,
  options: {},
  seconds: 1,
  connections: { asked: 1, open: 1, failed: 0, lost: 0, silent: 0, heartBeats: 0 },
  messages: {
    sent: 10,
    sentPerSecond: 10,
    acknowledged: 10,
    acknowledgedPerSecond: 10,
    refused: 0,
    deliveries: 10,
    deliveriesPerSecond: 10,
    strangers: 0,
    megabytesPerSecond: 0,
  },
  latency: { connect: null, receipt: null, delivery: null, recovery: null, lateness: null },
  verify: null,
  client: { cpu: 0, loopUtilization: 0, loopDelayP99: 0, loopDelayMax: 0, memoryMegabytes: 0, bottleneck: [] },
  reasons: [],
  notes: [],
};
const TOO_BUSY: BenchResult = { ...RESULT, client: { ...RESULT.client, bottleneck: ['it used 99% of a core'] } };

test.each([
  [RESULT, RESULT, undefined],
  [TOO_BUSY, RESULT, 'the client was the bottleneck before:'],
  [TOO_BUSY, TOO_BUSY, 'the client was the bottleneck before and now:'],
])('a comparison says which of the two its client has spoilt', (before, now, says) => {
  const last = comparisonLines(compareResults(before, now), 0).at(-1);
  if (says === undefined) expect(last).not.toContain('bottleneck');
  else expect(last).toContain(says);
});

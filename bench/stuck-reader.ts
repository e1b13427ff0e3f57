/** Whether one client that takes nothing makes the others wait, and what it costs. */
import { FanOutProcess } from './fan-out/fan-out-process.ts';
import { type Benchmark, latencyRow } from './harness/benchmark.ts';
import { compareByTurns } from './harness/rounds.ts';

const SUBSCRIBERS = 1_000;
const PER_SECOND = 20;
/** The least that two equal servers differ by; more where the rounds of the free one differ by more. */
const NOISE_MILLIS = 1;

export const stuckReader: Benchmark = {
  title: `One of ${SUBSCRIBERS.toLocaleString('en-US')} WebSockets takes nothing: the others, at ${PER_SECOND} messages a second`,
  naive: '`client.send(message)` of ws for the memory; for p99, our own server with nobody stuck',
  async run(pace) {
    await using stuck = new FanOutProcess('ours', SUBSCRIBERS);
    await using free = new FanOutProcess('ours', SUBSCRIBERS);
    await using ws = new FanOutProcess('ws', SUBSCRIBERS);
    const question = { ask: 'trickle', millis: 3 * pace.roundMillis, perSecond: PER_SECOND } as const;
    const ourQueue = (await stuck.ask({ ask: 'stick' })).mostQueued;
    const wsQueue = (await ws.ask({ ask: 'stick' })).mostQueued;
    const { p99 } = await compareByTurns(pace, ['p99'], {
      ours: async () => (await stuck.ask(question)).latencies,
      naive: async () => (await free.ask(question)).latencies,
    });
    return {
      rows: [
        latencyRow("the others' p99", p99, Number(Math.max(NOISE_MILLIS, p99.noise).toFixed(1))),
        {
          what: 'waiting for it in the server',
          unit: 'KiB',
          ours: ourQueue / 1_024,
          naive: wsQueue / 1_024,
          comparison: `${(wsQueue / Math.max(ourQueue, 1)).toFixed(1)}x less`,
          target: { text: '<= 576 KiB', met: ourQueue <= 576 * 1_024 },
        },
      ],
      notes: [
        'the stuck client is over its budget of 512 KiB; messages to it are dropped, as presence and typing are',
        `p99 may move by what the rounds of the free server differ by: ${p99.noise.toFixed(1)} ms`,
      ],
    };
  },
};

/** How late a message is at 20 a second to 1,000 clients, beside the least that sockets can do. */
import { FanOutProcess } from './fan-out/fan-out-process.ts';
import { type Benchmark, latencyRow } from './harness/benchmark.ts';
import { compareByTurns } from './harness/rounds.ts';

const SUBSCRIBERS = 1_000;
const PER_SECOND = 20;

export const latency: Benchmark = {
  title: `${PER_SECOND} messages a second to ${SUBSCRIBERS.toLocaleString('en-US')} WebSockets: from publishing to arrival`,
  naive: 'a loop of `socket.write` over bare sockets, without any protocol',
  async run(pace) {
    await using ours = new FanOutProcess('ours', SUBSCRIBERS);
    await using bare = new FanOutProcess('bare', SUBSCRIBERS);
    const question = { ask: 'trickle', millis: 3 * pace.roundMillis, perSecond: PER_SECOND } as const;
    const { p50, p99 } = await compareByTurns(pace, ['p50', 'p99'], {
      ours: async () => (await ours.ask(question)).latencies,
      naive: async () => (await bare.ask(question)).latencies,
    });
    return {
      rows: [latencyRow('p50', p50), latencyRow('p99', p99, 2)],
      notes: [],
    };
  },
};

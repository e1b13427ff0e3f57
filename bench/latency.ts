/** How late a message is at 20 a second to 1,000 clients, beside the least that sockets can do. */
import { FanOutProcess } from './fan-out/fan-out-process.ts';
import { type Benchmark, latencyRow } from './harness/benchmark.ts';
import { compareByTurns, median } from './harness/rounds.ts';
import type { Latencies } from './harness/sink.ts';

const SUBSCRIBERS = 1_000;
const PER_SECOND = 20;

export const latency: Benchmark = {
  title: `${PER_SECOND} messages a second to ${SUBSCRIBERS.toLocaleString('en-US')} WebSockets: from publishing to arrival`,
  naive: 'a loop of `socket.write` over bare sockets, without any protocol',
  async run(pace) {
    await using ours = new FanOutProcess('ours', SUBSCRIBERS);
    await using bare = new FanOutProcess('bare', SUBSCRIBERS);
    const question = { ask: 'trickle', millis: 3 * pace.roundMillis, perSecond: PER_SECOND } as const;
    const all: { ours: Latencies[]; bare: Latencies[] } = { ours: [], bare: [] };
    const p99 = await compareByTurns(pace, {
      ours: async () => {
        const { latencies } = await ours.ask(question);
        all.ours.push(latencies);
        return latencies.p99;
      },
      naive: async () => {
        const { latencies } = await bare.ask(question);
        all.bare.push(latencies);
        return latencies.p99;
      },
    });
    const p50 = (of: readonly Latencies[]): number => median(of.slice(1).map((latencies) => latencies.p50));
    return {
      rows: [latencyRow('p50', p50(all.ours), p50(all.bare)), latencyRow('p99', p99.ours, p99.naive, 2)],
      notes: [],
    };
  },
};

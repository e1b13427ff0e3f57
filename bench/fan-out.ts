/** Messages of 200 octets to very many WebSockets, as fast as one core goes. */
import { FanOutProcess } from './fan-out/fan-out-process.ts';
import { type Benchmark, type Pace, type Row, rateRow } from './harness/benchmark.ts';
import { compareByTurns, median } from './harness/rounds.ts';

/** Messages that come within one turn of a busy server. */
const BUSY_TURN = 65;

async function compare(count: number, perTurns: readonly (readonly [number, number | undefined])[], pace: Pace) {
  await using ours = new FanOutProcess('ours', count);
  await using naive = new FanOutProcess('ws', count);
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const [perTurn, atLeast] of perTurns) {
    const question = { ask: 'blast', millis: pace.roundMillis, perTurn } as const;
    const perCpu: { ours: number[]; naive: number[] } = { ours: [], naive: [] };
    const rates = await compareByTurns(pace, {
      ours: async () => {
        const answer = await ours.ask(question);
        perCpu.ours.push(answer.deliveriesPerCpuSecond);
        return answer.deliveries;
      },
      naive: async () => {
        const answer = await naive.ask(question);
        perCpu.naive.push(answer.deliveriesPerCpuSecond);
        return answer.deliveries;
      },
    });
    const what = `${count.toLocaleString('en-US')} subscribers, ${perTurn} messages a turn`;
    rows.push(rateRow(what, 'deliveries/s', rates, atLeast));
    const ratio = median(perCpu.ours) / median(perCpu.naive);
    notes.push(`${what}: ${ratio.toFixed(1)}x as many a second of the server's processor, the kernel's share included`);
  }
  return { rows, notes };
}

export const fanOut: Benchmark = {
  title: 'Fan-out of 200-octet messages over WebSocket, server on one core, clients on another',
  naive: '`client.send(message)` of ws, a client after the other',
  async run(pace) {
    const thousand = await compare(
      1_000,
      [
        [BUSY_TURN, 20],
        [1, undefined],
      ],
      pace,
    );
    const tenThousand = await compare(
      10_000,
      [
        [BUSY_TURN, 8],
        [1, undefined],
      ],
      pace,
    );
    return {
      rows: [...thousand.rows, ...tenThousand.rows],
      notes: [...thousand.notes, ...tenThousand.notes],
    };
  },
};

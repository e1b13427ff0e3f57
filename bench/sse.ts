/** Ticks to very many event streams, as fast as one core goes. */
import { type Benchmark, type Row, rateRow } from './harness/benchmark.ts';
import { compareByTurns, median } from './harness/rounds.ts';
import { SseProcess } from './sse/sse-process.ts';

const CLIENTS = 1_000;
/** Ticks that come within one turn of a busy server. */
const BUSY_TURN = 65;

export const sse: Benchmark = {
  title: `Market ticks to ${CLIENTS.toLocaleString('en-US')} event streams, server on one core, clients on another`,
  naive: '`res.write(event)`, a client after the other',
  async run(pace) {
    await using ours = new SseProcess('ours', CLIENTS);
    await using naive = new SseProcess('res.write', CLIENTS);
    const rows: Row[] = [];
    const notes = ['ours with board, candles, replay ring and encoding; the tick log is a stub'];
    for (const [perTurn, atLeast] of [[BUSY_TURN, 10] as const, [1, undefined] as const]) {
      const question = { millis: pace.roundMillis, perTurn };
      const perCpu: { ours: number[]; naive: number[] } = { ours: [], naive: [] };
      const rates = await compareByTurns(pace, {
        ours: async () => {
          const answer = await ours.ask(question);
          perCpu.ours.push(answer.eventsPerCpuSecond);
          return answer.events;
        },
        naive: async () => {
          const answer = await naive.ask(question);
          perCpu.naive.push(answer.eventsPerCpuSecond);
          return answer.events;
        },
      });
      const what = `${perTurn} ticks a turn`;
      rows.push(rateRow(what, 'events/s', rates, atLeast));
      const ratio = median(perCpu.ours) / median(perCpu.naive);
      notes.push(
        `${what}: ${ratio.toFixed(1)}x as many a second of the server's processor, the kernel's share included`,
      );
    }
    return { rows, notes };
  },
};

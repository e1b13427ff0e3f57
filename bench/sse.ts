/** Ticks to very many event streams, as fast as one core goes. */
import { type Benchmark, type Row, rateRow } from './harness/benchmark.ts';
import { compareByTurns } from './harness/rounds.ts';
import { SseProcess } from './sse/sse-process.ts';

const CLIENTS = 1_000;
/** Ticks that come within one turn of a busy server. */
const BUSY_TURN = 65;

export const sse: Benchmark = {
  title: `Market ticks to ${CLIENTS.toLocaleString('en-US')} event streams`,
  naive: '`res.write(event)`, a client after the other',
  async run(pace) {
    await using ours = new SseProcess('ours', CLIENTS);
    await using naive = new SseProcess('res.write', CLIENTS);
    await using bare = new SseProcess('bare', CLIENTS);
    const rows: Row[] = [];
    for (const perTurn of [BUSY_TURN, 1]) {
      const question = { millis: pace.roundMillis, perTurn };
      const { perCpuSecond, perSecond } = await compareByTurns(pace, ['perCpuSecond', 'perSecond'], {
        ours: () => ours.ask(question),
        naive: () => naive.ask(question),
      });
      const busyTarget = perTurn === BUSY_TURN ? 10 : undefined;
      rows.push(rateRow(`${perTurn} ticks a turn`, 'events/core s', perCpuSecond, busyTarget));
      rows.push(rateRow('  by the clock', 'events/s', perSecond));
      const least = await compareByTurns(pace, ['perCpuSecond'], {
        ours: () => ours.ask(question),
        naive: () => bare.ask(question),
      });
      rows.push(rateRow('  beside bare sockets', 'events/core s', least.perCpuSecond));
    }
    return {
      rows,
      notes: [
        "a core second is a second of the server's processor, the kernel's share included; clients are on another",
        'bare sockets: one `socket.write` a turn and client of bytes that were made once, all that a kernel lets anybody do',
        'ours with board, candles, replay ring and encoding; the tick log is a stub',
      ],
    };
  },
};

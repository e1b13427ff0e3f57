/** Messages of 200 octets to very many WebSockets, as fast as one core goes. */
import { FanOutProcess } from './fan-out/fan-out-process.ts';
import { type Benchmark, type Pace, type Row, rateRow } from './harness/benchmark.ts';
import { whyNotConnections } from './harness/open-files.ts';
import { compareByTurns } from './harness/rounds.ts';

/** Subscribers, and the ratio that is to be reached while the server is busy. */
const SIZES = [
  [1_000, 20],
  [10_000, 8],
] as const;

/** Messages that come within one turn of a busy server. */
const BUSY_TURN = 65;

async function compare(count: number, atLeast: number, pace: Pace): Promise<Row[]> {
  await using ours = new FanOutProcess('ours', count);
  await using naive = new FanOutProcess('ws', count);
  const rows: Row[] = [];
  for (const perTurn of [BUSY_TURN, 1]) {
    const question = { ask: 'blast', millis: pace.roundMillis, perTurn } as const;
    const { perCpuSecond, perSecond } = await compareByTurns(pace, ['perCpuSecond', 'perSecond'], {
      ours: () => ours.ask(question),
      naive: () => naive.ask(question),
    });
    const what = `${count.toLocaleString('en-US')} subscribers, ${perTurn} a turn`;
    const busyTarget = perTurn === BUSY_TURN ? atLeast : undefined;
    rows.push(rateRow(what, 'deliveries/core s', perCpuSecond, busyTarget));
    rows.push(rateRow('  by the clock', 'deliveries/s', perSecond));
  }
  return rows;
}

export const fanOut: Benchmark = {
  title: 'Fan-out of 200-octet messages over WebSocket',
  naive: '`client.send(message)` of ws, a client after the other',
  async run(pace) {
    const rows: Row[] = [];
    const notes = [
      "a core second is a second of the server's processor, the kernel's share included; clients are on another",
    ];
    for (const [subscribers, atLeast] of SIZES) {
      const whyNot = whyNotConnections(subscribers);
      if (whyNot === undefined) rows.push(...(await compare(subscribers, atLeast, pace)));
      else notes.push(whyNot);
    }
    return { rows, notes };
  },
};

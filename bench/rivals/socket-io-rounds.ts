/** Our fan-out beside Socket.IO's, both asked by turns: no storage and no sessions on either side, and the same clients. */
import { FanOutProcess } from '../fan-out/fan-out-process.ts';
import type { Pace } from '../harness/benchmark.ts';
import { type Comparison, compareByTurns } from '../harness/rounds.ts';

const TRICKLE_RATE = 20;
/** Messages that come within one turn of a busy server. */
const BUSY_TURN = 65;

/** Each figure with what it is. */
export async function socketIoRounds(
  subscribers: number,
  pace: Pace,
): Promise<readonly (readonly [string, Comparison])[]> {
  await using ours = new FanOutProcess('ours', subscribers);
  await using theirs = new FanOutProcess('socket.io', subscribers);
  const rows: (readonly [string, Comparison])[] = [];
  for (const perTurn of [1, BUSY_TURN]) {
    const question = { ask: 'blast', millis: pace.roundMillis, perTurn } as const;
    const { perCpuSecond } = await compareByTurns(pace, ['perCpuSecond'], {
      ours: () => ours.ask(question),
      naive: () => theirs.ask(question),
    });
    rows.push([
      `deliveries/s of the server's core, ${perTurn} message${perTurn === 1 ? '' : 's'} a turn`,
      perCpuSecond,
    ]);
  }
  const trickle = { ask: 'trickle', millis: pace.roundMillis * 2, perSecond: TRICKLE_RATE } as const;
  const latencies = async (contender: FanOutProcess) => {
    const { p50, p99 } = (await contender.ask(trickle)).latencies;
    return { p50, p99 };
  };
  const { p50, p99 } = await compareByTurns(pace, ['p50', 'p99'], {
    ours: () => latencies(ours),
    naive: () => latencies(theirs),
  });
  return [...rows, [`p50 at ${TRICKLE_RATE}/s, ms`, p50], [`p99 at ${TRICKLE_RATE}/s, ms`, p99]];
}

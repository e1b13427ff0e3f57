/** The server of one contender: `sse-process.ts <kind> <number of clients>`. Its clients are in another process. */
import { answerQuestions, PartProcess } from '../harness/part-process.ts';
import { Sink } from '../harness/sink.ts';
import { type Kind, ONE_AN_EVENT, STREAM_BEGUN, STREAM_REQUEST, startEventStreams } from './event-streams.ts';

/** Publishes `perTurn` ticks a turn for so long, as fast as the clients take them. */
export interface SseQuestion {
  readonly millis: number;
  readonly perTurn: number;
}

/** Events that arrived, all clients together: a second of time, and a second of the server's processor. */
export interface SseAnswer {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

export class SseProcess extends PartProcess<SseQuestion, SseAnswer> {
  constructor(kind: Kind, count: number) {
    super(new URL(import.meta.url), [kind, String(count)], `sse-${kind}`);
  }
}

/** So that nobody falls so far behind that ticks are conflated. */
const TURNS_ON_THEIR_WAY = 16;

async function serve(kind: Kind, count: number): Promise<void> {
  const streams = await startEventStreams(kind);
  const sink = new Sink();
  await sink.connect(streams.port, count, [{ send: STREAM_REQUEST, until: STREAM_BEGUN }]);
  streams.allConnected();

  async function blast({ millis, perTurn }: SseQuestion): Promise<SseAnswer> {
    await sink.count({ marker: ONE_AN_EVENT });
    const start = performance.now();
    const cpu = process.cpuUsage();
    let events = 0;
    for (let turn = 1; performance.now() - start < millis; turn += 1) {
      streams.publish(perTurn);
      events += perTurn * count;
      await streams.handedOver();
      if (turn % TURNS_ON_THEIR_WAY === 0) await sink.received(events);
    }
    await sink.received(events);
    const used = process.cpuUsage(cpu);
    return {
      perSecond: (events / (performance.now() - start)) * 1_000,
      perCpuSecond: (events / (used.user + used.system)) * 1_000_000,
    };
  }

  answerQuestions<SseQuestion, SseAnswer>(blast, async () => {
    await sink[Symbol.asyncDispose]();
    await streams.close();
  });
}

if (process.argv[1] === import.meta.filename) {
  const [kind, count] = process.argv.slice(2);
  if (kind !== 'ours' && kind !== 'res.write' && kind !== 'bare') throw new Error(`nothing is called ${kind}`);
  await serve(kind, Number(count));
}

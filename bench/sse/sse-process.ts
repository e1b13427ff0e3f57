/** The server of one contender: `sse-process.ts <kind> <number of clients>`. Its clients are in another process. */
import { answerQuestions, PartProcess } from '../harness/part-process.ts';
import { Sink } from '../harness/sink.ts';
import { type Kind, STREAM_BEGUN, STREAM_REQUEST, startEventStreams } from './event-streams.ts';

/** Publishes `perTurn` ticks a turn for so long, as fast as the clients take them. */
export interface SseQuestion {
  readonly millis: number;
  readonly perTurn: number;
}

/** Events that arrived, all clients together: a second of time, and a second of the server's processor. */
export interface SseAnswer {
  readonly events: number;
  readonly eventsPerCpuSecond: number;
}

export class SseProcess extends PartProcess<SseQuestion, SseAnswer> {
  constructor(kind: Kind, count: number) {
    super(new URL(import.meta.url), [kind, String(count)], `sse-${kind}`);
  }
}

async function serve(kind: Kind, count: number): Promise<void> {
  const streams = await startEventStreams(kind);
  const sink = new Sink();
  await sink.connect(streams.port, count, [{ send: STREAM_REQUEST, until: STREAM_BEGUN }]);

  async function blast({ millis, perTurn }: SseQuestion): Promise<SseAnswer> {
    await sink.count();
    const start = performance.now();
    const cpu = process.cpuUsage();
    let events = 0;
    let arrived: Promise<unknown> = Promise.resolve();
    while (performance.now() - start < millis) {
      streams.publish(perTurn);
      events += perTurn * count;
      // One turn may be on its way while the next one is made.
      await arrived;
      arrived = sink.received(events * streams.eventBytes);
    }
    await arrived;
    const used = process.cpuUsage(cpu);
    return {
      events: (events / (performance.now() - start)) * 1_000,
      eventsPerCpuSecond: (events / (used.user + used.system)) * 1_000_000,
    };
  }

  answerQuestions<SseQuestion, SseAnswer>(blast, async () => {
    await sink[Symbol.asyncDispose]();
    await streams.close();
  });
}

if (process.argv[1] === import.meta.filename) {
  const [kind, count] = process.argv.slice(2);
  if (kind !== 'ours' && kind !== 'res.write') throw new Error(`nothing is called ${kind}`);
  await serve(kind, Number(count));
}

/** The server of one contender: `fan-out-process.ts <kind> <number of subscribers>`. Its clients are in another process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerQuestions, PartProcess } from '../harness/part-process.ts';
import { type Latencies, Sink } from '../harness/sink.ts';
import { type Kind, startSubscribers, UPGRADE } from './subscribers.ts';

export type FanOutQuestion =
  /** Publishes `perTurn` messages a turn for so long, as fast as the clients take them. */
  | { readonly ask: 'blast'; readonly millis: number; readonly perTurn: number }
  /** Publishes so many messages a second for so long. */
  | { readonly ask: 'trickle'; readonly millis: number; readonly perSecond: number }
  /** So many clients take nothing any more, from a moment on at which their buffers are full. */
  | { readonly ask: 'stick'; readonly count: number };

export interface FanOutAnswer {
  /** A second of time, and a second of the server's processor. */
  readonly deliveries: number;
  readonly deliveriesPerCpuSecond: number;
  readonly latencies: Latencies;
  readonly mostQueued: number;
}

export class FanOutProcess extends PartProcess<FanOutQuestion, FanOutAnswer> {
  constructor(kind: Kind, count: number) {
    super(new URL(import.meta.url), [kind, String(count)], `fan-out-${kind}-${count}`);
  }
}

/** As many messages as fill the buffers of the kernel, and what a client may have waiting besides. */
const STICKING_MESSAGES = 40_000;

async function serve(kind: Kind, count: number): Promise<void> {
  const subscribers = await startSubscribers(kind);
  const sink = new Sink();
  let stuck = 0;
  let connected = false;

  async function measured(publishAll: () => Promise<number>): Promise<FanOutAnswer> {
    if (!connected) {
      await sink.connect(subscribers.port, count, [{ send: UPGRADE, until: '\r\n\r\n' }]);
      connected = true;
    }
    const start = performance.now();
    const cpu = process.cpuUsage();
    const deliveries = (await publishAll()) * (count - stuck);
    const latencies = await sink.received(deliveries * subscribers.frames.frameBytes);
    const used = process.cpuUsage(cpu);
    return {
      deliveries: (deliveries / (performance.now() - start)) * 1_000,
      deliveriesPerCpuSecond: (deliveries / (used.user + used.system)) * 1_000_000,
      latencies,
      mostQueued: subscribers.mostQueued(),
    };
  }

  async function blast(goOn: (published: number) => boolean, perTurn: number): Promise<number> {
    await sink.count();
    let published = 0;
    while (goOn(published)) {
      for (let message = 0; message < perTurn; message += 1) subscribers.publish();
      published += perTurn;
      await subscribers.drained();
    }
    return published;
  }

  async function trickle(millis: number, perSecond: number): Promise<number> {
    await sink.count(subscribers.frames);
    const start = performance.now();
    const messages = Math.round((millis * perSecond) / 1_000);
    for (let message = 0; message < messages; message += 1) {
      await sleep(Math.max(1, start + (message * 1_000) / perSecond - performance.now()));
      subscribers.publish();
    }
    return messages;
  }

  answerQuestions<FanOutQuestion, FanOutAnswer>(
    (question) => {
      switch (question.ask) {
        case 'blast': {
          const end = performance.now() + question.millis;
          return measured(() => blast(() => performance.now() < end, question.perTurn));
        }
        case 'trickle':
          return measured(() => trickle(question.millis, question.perSecond));
        case 'stick':
          return measured(async () => {
            await sink.stopReading(question.count);
            stuck = question.count;
            return blast((published) => published < STICKING_MESSAGES, 50);
          });
      }
    },
    async () => {
      await sink[Symbol.asyncDispose]();
      await subscribers[Symbol.asyncDispose]();
    },
  );
}

if (process.argv[1] === import.meta.filename) {
  const [kind, count] = process.argv.slice(2);
  if (kind !== 'ours' && kind !== 'ws' && kind !== 'bare') throw new Error(`nothing is called ${kind}`);
  await serve(kind, Number(count));
}

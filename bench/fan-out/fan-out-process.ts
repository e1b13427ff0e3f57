/** The server of one contender: `fan-out-process.ts <kind> <number of subscribers>`. Its clients are in another process. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Latencies } from '../harness/latencies.ts';
import { answerQuestions, PartProcess } from '../harness/part-process.ts';
import { Sink } from '../harness/sink.ts';
import { KINDS, type Kind, startSubscribers } from './subscribers.ts';

export type FanOutQuestion =
  /** Publishes `perTurn` messages a turn for so long, as fast as the clients take them. */
  | { readonly ask: 'blast'; readonly millis: number; readonly perTurn: number }
  /** Publishes so many messages a second for so long. */
  | { readonly ask: 'trickle'; readonly millis: number; readonly perSecond: number }
  /** One client comes first, takes nothing, and gets more than the buffers of the kernel hold. */
  | { readonly ask: 'stick' };

export interface FanOutAnswer {
  /** Deliveries: a second of time, and a second of the server's processor. */
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly latencies: Latencies;
  readonly mostQueued: number;
}

export class FanOutProcess extends PartProcess<FanOutQuestion, FanOutAnswer> {
  constructor(kind: Kind, count: number) {
    super(new URL(import.meta.url), [kind, String(count)], `fan-out-${kind}-${count}`);
  }
}

/** Ten megabytes and more: what a kernel holds for a client, at both ends, and then some. */
const STICKING_MESSAGES = 50_000;
const STICKING_PER_TURN = 50;

async function serve(kind: Kind, count: number): Promise<void> {
  const subscribers = await startSubscribers(kind);
  const sink = new Sink();
  let stuck = 0;
  let connected = 0;

  async function connect(upTo: number): Promise<void> {
    if (connected === upTo) return;
    await sink.connect(subscribers.port, upTo - connected, subscribers.steps);
    connected = upTo;
  }

  async function measured(publishAll: () => Promise<number>): Promise<FanOutAnswer> {
    await connect(count);
    const start = performance.now();
    const cpu = process.cpuUsage();
    const deliveries = (await publishAll()) * (count - stuck);
    const latencies = await sink.received(deliveries * subscribers.frames.frameBytes);
    const used = process.cpuUsage(cpu);
    return {
      perSecond: (deliveries / (performance.now() - start)) * 1_000,
      perCpuSecond: (deliveries / (used.user + used.system)) * 1_000_000,
      latencies,
      mostQueued: subscribers.mostQueued(),
    };
  }

  async function blast(millis: number, perTurn: number): Promise<number> {
    await sink.count();
    const end = performance.now() + millis;
    let published = 0;
    while (performance.now() < end) {
      for (let message = 0; message < perTurn; message += 1) subscribers.publish();
      published += perTurn;
      await subscribers.drained();
    }
    return published;
  }

  async function trickle(millis: number, perSecond: number): Promise<number> {
    await sink.count({ stamped: subscribers.frames });
    const start = performance.now();
    const messages = Math.round((millis * perSecond) / 1_000);
    for (let message = 0; message < messages; message += 1) {
      await sleep(Math.max(1, start + (message * 1_000) / perSecond - performance.now()));
      subscribers.publish();
    }
    return messages;
  }

  async function stick(): Promise<FanOutAnswer> {
    await connect(1);
    await sink.stopReading(1);
    stuck = 1;
    for (let message = 0; message < STICKING_MESSAGES; message += 1) {
      subscribers.publish();
      if (message % STICKING_PER_TURN === 0) await sleep(0);
    }
    return measured(async () => 0);
  }

  answerQuestions<FanOutQuestion, FanOutAnswer>(
    (question) => {
      switch (question.ask) {
        case 'blast':
          return measured(() => blast(question.millis, question.perTurn));
        case 'trickle':
          return measured(() => trickle(question.millis, question.perSecond));
        case 'stick':
          return stick();
      }
    },
    async () => {
      await sink[Symbol.asyncDispose]();
      await subscribers[Symbol.asyncDispose]();
    },
  );
}

if (process.argv[1] === import.meta.filename) {
  const [name, count] = process.argv.slice(2);
  const kind = KINDS.find((each) => each === name);
  if (kind === undefined) throw new Error(`nothing is called ${name}`);
  await serve(kind, Number(count));
}

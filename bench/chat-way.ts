/** The whole way of a chat message: SEND over WebSocket, session, SQLite, conversation, fan-out, 1,000 subscribers. */
import { ChatServerProcess } from './chat/chat-server-process.ts';
import { Senders } from './chat/senders.ts';
import { StompClient } from './chat/stomp-client.ts';
import { type Benchmark, latencyRow, rateRow } from './harness/benchmark.ts';
import { compareByTurns } from './harness/rounds.ts';
import { Sink, type StampedFrames } from './harness/sink.ts';
import { stamp } from './harness/stamp.ts';
import { TO_SUBSCRIPTION, WEBSOCKET_HEAD } from './harness/stomp-steps.ts';

const SUBSCRIBERS = 1_000;
const SENDERS = 50;
const PER_SECOND = 20;
/** So that seqs have five digits from the first message to the last, and all frames are of one size. */
const MESSAGES_BEFORE = 10_000;

/** A server, its subscribers in a process of their own, and people who send. */
interface Contender {
  readonly server: ChatServerProcess;
  readonly sink: Sink;
  readonly senders: Senders;
  readonly frames: StampedFrames;
}

async function start(kind: 'ours' | 'naive', opened: AsyncDisposableStack): Promise<Contender> {
  const server = opened.use(new ChatServerProcess({ name: `chat-way-${kind}`, kind, messagesBefore: MESSAGES_BEFORE }));
  const port = await server.port();
  const senders = opened.use(await Senders.connect(port, SENDERS));
  const frames = await framesOf(port, senders);
  const sink = opened.use(new Sink());
  await sink.connect(port, SUBSCRIBERS, TO_SUBSCRIPTION);
  return { server, sink, senders, frames };
}

/** What a message of any of `senders` looks like on the wire. */
async function framesOf(port: number, senders: Senders): Promise<StampedFrames> {
  await using reader = await StompClient.connect(port, 'reader');
  const text = stamp();
  const seen = Promise.withResolvers<StampedFrames>();
  await reader.subscribe('/topic/messages', (_body, arrived) => {
    const stampAt = Buffer.from(arrived).indexOf(text);
    if (stampAt === -1) seen.reject(new Error('a message came without its stamp'));
    seen.resolve({ frameBytes: WEBSOCKET_HEAD + arrived.length, stampAt: WEBSOCKET_HEAD + stampAt });
  });
  await senders.talkEvenly(1_000 / PER_SECOND, PER_SECOND, () => text);
  // Awaited here: the reader is closed when this returns.
  return await seen.promise;
}

/** As fast as the senders get their receipts: deliveries a second of time, and a second of the server's processor. */
async function blast({ server, sink, senders, frames }: Contender, millis: number) {
  const before = await server.ask('state');
  await sink.count();
  const begin = performance.now();
  const { sent } = await senders.talk(millis, stamp);
  const deliveries = sent * SUBSCRIBERS;
  await sink.received(deliveries * frames.frameBytes);
  const seconds = (performance.now() - begin) / 1_000;
  const after = await server.ask('state');
  return { perSecond: deliveries / seconds, perCpuSecond: deliveries / (after.cpuSeconds - before.cpuSeconds) };
}

/** At an even pace: milliseconds from SEND to the subscribers. */
async function trickle({ sink, senders, frames }: Contender, millis: number) {
  await sink.count({ stamped: frames });
  const messages = await senders.talkEvenly(millis, PER_SECOND, stamp);
  const { p50, p99 } = await sink.received(messages * SUBSCRIBERS * frames.frameBytes);
  return { p50, p99 };
}

export const chatWay: Benchmark = {
  title: `The whole chat on SQLite: from SEND through the store to ${SUBSCRIBERS.toLocaleString('en-US')} subscribers`,
  naive: 'a chat server of 80 lines: one transaction a message, then `client.send` of ws to one after the other',
  async run(pace) {
    await using opened = new AsyncDisposableStack();
    const ours = await start('ours', opened);
    const naive = await start('naive', opened);
    const { perSecond, perCpuSecond } = await compareByTurns(pace, ['perSecond', 'perCpuSecond'], {
      ours: () => blast(ours, pace.roundMillis),
      naive: () => blast(naive, pace.roundMillis),
    });
    const { p50, p99 } = await compareByTurns(pace, ['p50', 'p99'], {
      ours: () => trickle(ours, 3 * pace.roundMillis),
      naive: () => trickle(naive, 3 * pace.roundMillis),
    });
    return {
      rows: [
        rateRow(`${SENDERS} senders, each waits for its receipt`, 'deliveries/s', perSecond),
        rateRow("  a second of the server's processor", 'deliveries/core s', perCpuSecond),
        latencyRow(`${PER_SECOND} messages a second, p50`, p50),
        latencyRow(`${PER_SECOND} messages a second, p99`, p99),
      ],
      notes: ['messages of 200 characters; p50 and p99 are from SEND to arrival, the commit included'],
    };
  },
};

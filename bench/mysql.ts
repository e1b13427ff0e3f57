/** Messages that the whole server commits a second on MariaDB: from SEND to receipt, over WebSocket, with a reader. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BareInserts } from './chat/bare-inserts.ts';
import { ChatServerProcess } from './chat/chat-server-process.ts';
import { Reader } from './chat/reader.ts';
import { CONTENT_LENGTH, Senders } from './chat/senders.ts';
import { type Benchmark, figureRow, type Pace, type Row, rateRow } from './harness/benchmark.ts';
import { compareByTurns } from './harness/rounds.ts';
import { Services } from './harness/services.ts';
import { stamp } from './harness/stamp.ts';

const SENDERS = 50;
/** What a sender has on the way that does not wait for each receipt. */
const SEVERAL = 4;
const CATCH_UP_MILLIS = 10_000;

/** A server on a database of its own, people who send, and one who reads. */
class Contender implements AsyncDisposable {
  readonly #server: ChatServerProcess;
  readonly #senders: Senders;
  readonly #reader: Reader;
  #sent = 0;

  private constructor(server: ChatServerProcess, senders: Senders, reader: Reader) {
    this.#server = server;
    this.#senders = senders;
    this.#reader = reader;
  }

  static async start(name: string, mysqlUrl: string, batchCalls?: number): Promise<Contender> {
    const server = new ChatServerProcess({ name, kind: 'ours', mysqlUrl, batchCalls });
    const port = await server.port();
    return new Contender(server, await Senders.connect(port, SENDERS), await Reader.connect(port, 'reader'));
  }

  async talk(millis: number, onTheirWay: number) {
    const before = (await this.#server.ask('state')).cpuSeconds;
    const { sent, perSecond } = await this.#senders.talk(millis, stamp, onTheirWay);
    this.#sent += sent;
    const { cpuSeconds } = await this.#server.ask('state');
    return { perSecond, perCpuSecond: sent / (cpuSeconds - before) };
  }

  /** Messages that have a receipt and that the reader has not, once it has had time. */
  async unread(): Promise<number> {
    const deadline = performance.now() + CATCH_UP_MILLIS;
    while (this.#reader.count < this.#sent && performance.now() < deadline) await sleep(10);
    const { lost, repeated, reordered } = this.#reader.faults(this.#sent);
    return lost + repeated + reordered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
    await this.#senders[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

async function compare(services: Services, pace: Pace): Promise<Row[]> {
  await using ours = await Contender.start('mysql-ours', services.mysqlUrl('bench_ours'));
  await using naive = await Contender.start('mysql-naive', services.mysqlUrl('bench_naive'), 1);
  const rows: Row[] = [];
  for (const onTheirWay of [1, SEVERAL]) {
    const { perSecond, perCpuSecond } = await compareByTurns(pace, ['perSecond', 'perCpuSecond'], {
      ours: () => ours.talk(pace.roundMillis, onTheirWay),
      naive: () => naive.talk(pace.roundMillis, onTheirWay),
    });
    const target = onTheirWay === 1 ? 10 : undefined;
    rows.push(rateRow(`${onTheirWay} on the way from each sender`, 'messages/s', perSecond, target));
    rows.push(rateRow("  a second of the server's processor", 'messages/core s', perCpuSecond));
  }
  await using bare = await BareInserts.open(services.mysqlUrl('bench_naive'));
  const besideBare = await compareByTurns(pace, ['perSecond'], {
    ours: () => ours.talk(pace.roundMillis, SEVERAL),
    naive: async () => ({
      perSecond: await bare.rateOf(SEVERAL * SENDERS, 'x'.repeat(CONTENT_LENGTH), pace.roundMillis),
    }),
  });
  return [
    ...rows,
    rateRow('  beside bare inserts, committed side by side', 'messages/s', besideBare.perSecond),
    figureRow('acknowledged, and lost, repeated or reordered', 'messages', await ours.unread(), 0),
  ];
}

export const mysql: Benchmark = {
  title: `MariaDB, default durability: messages of ${CONTENT_LENGTH} characters from ${SENDERS} senders through the whole server`,
  naive: 'the same server with one transaction a message',
  async run(pace) {
    await using services = new Services();
    const whyNot = await services.start('mysql');
    if (whyNot !== undefined) return { rows: [], notes: [`left out: ${whyNot}`] };
    return {
      rows: await compare(services, pace),
      notes: [
        'on the way: sent, and waiting for the receipt; one reader gets all messages',
        'bare inserts: a pool of 10 connections and a table, no server, no clients, no seqs, no reader',
        'clients, server and MariaDB share the machine',
      ],
    };
  },
};

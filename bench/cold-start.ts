/** From starting the program to ready, on a database that has been in use for a while. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConversationId, MessageId, UserId } from '@rtd/protocol';
import { freePort } from '../packages/cli/src/services/free-port.ts';
import { openMysqlMessageStore } from '../packages/server/src/adapters/mysql/mysql-message-store.ts';
import type { NewMessage } from '../packages/server/src/chat/message-store.ts';
import { silentLog, systemClock } from '../packages/server/src/index.ts';
import { type Benchmark, latencyRow } from './harness/benchmark.ts';
import { onInterruption } from './harness/interruption.ts';
import { compareByTurns } from './harness/rounds.ts';
import { Services } from './harness/services.ts';

const MESSAGES = 100_000;
/** Half of the messages are in the conversation of all, half in those of two, spread over so many. */
const PAIRS = 500;
const MOST_MILLIS = 1_500;
const PATIENCE_MILLIS = 30_000;
const PER_APPEND = 200;
const SERVER = path.join(import.meta.dirname, '../packages/server/bin/rtd-server.js');

function messageOf(number: number): NewMessage {
  const pair = number % PAIRS;
  const [senderId, recipientId] = [UserId.parse(`user-${pair}`), UserId.parse(`user-${pair + PAIRS}`)];
  const direct = number % 2 === 1;
  return {
    id: MessageId.parse(crypto.randomUUID()),
    conversationId: ConversationId.parse(direct ? `pair-${pair}` : 'global'),
    senderId,
    senderName: senderId,
    recipientId: direct ? recipientId : undefined,
    content: 'x'.repeat(200),
    clientMessageId: undefined,
    timestamp: new Date().toISOString(),
    opening: direct ? { kind: 'direct', members: [senderId, recipientId] } : undefined,
  };
}

/** Makes the tables, and so many messages in them. */
async function fill(url: string, messages: number): Promise<void> {
  const store = await openMysqlMessageStore({ url, clock: systemClock, log: silentLog() });
  try {
    for (let at = 0; at < messages; at += 10 * PER_APPEND) {
      const appends = Array.from({ length: 10 }, (_, append) =>
        store.append(Array.from({ length: PER_APPEND }, (_, message) => messageOf(at + append * PER_APPEND + message))),
      );
      await Promise.all(appends);
    }
  } finally {
    await store.close();
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false;
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}

/** Milliseconds from `spawn` to the first `/readyz` that says so, each in an empty data folder. */
async function startOnce(mysqlUrl: string): Promise<number> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'rtd-bench-'));
  const port = await freePort();
  const start = performance.now();
  const server = spawn(process.execPath, [SERVER], {
    env: { RTD_PORT: String(port), RTD_DATA_DIR: dataDir, RTD_MYSQL_URL: mysqlUrl },
    stdio: 'ignore',
  });
  const forget = onInterruption(() => end(server));
  try {
    while (!(await isReady(port))) {
      const waited = performance.now() - start;
      if (server.exitCode !== null || waited > PATIENCE_MILLIS) throw new Error('the server did not become ready');
      await sleep(10);
    }
    return performance.now() - start;
  } finally {
    forget();
    await end(server);
    await rm(dataDir, { recursive: true, force: true });
  }
}

export const coldStart: Benchmark = {
  title: `Start of the server on MariaDB with ${MESSAGES.toLocaleString('en-US')} messages, to ready`,
  naive: 'the same on a database without a message',
  async run(pace) {
    await using services = new Services();
    const whyNot = await services.start('mysql');
    if (whyNot !== undefined) return { rows: [], notes: [`left out: ${whyNot}`] };
    const [full, empty] = [services.mysqlUrl('bench_full'), services.mysqlUrl('bench_empty')];
    await fill(full, MESSAGES);
    await fill(empty, 0);
    const { millis } = await compareByTurns(pace, ['millis'], {
      ours: async () => ({ millis: await startOnce(full) }),
      naive: async () => ({ millis: await startOnce(empty) }),
    });
    const target = { text: `<= ${MOST_MILLIS.toLocaleString('en-US')} ms`, met: millis.ours <= MOST_MILLIS };
    return {
      rows: [{ ...latencyRow('from starting the program to /readyz', millis), target }],
      notes: ['the program, Node included, is loaded anew each time; files and the database are in memory'],
    };
  },
};

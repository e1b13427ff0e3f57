/** Messages committed a second from 50 connections that each wait for the last before they send the next. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConversationId, MessageId, UserId } from '@rtd/protocol';
import { openSqliteMessageStore } from '../packages/server/src/adapters/sqlite/sqlite-message-store.ts';
import { systemClock } from '../packages/server/src/clock.ts';
import { silentLog } from '../packages/server/src/telemetry/log.ts';
import { type Benchmark, rateRow } from './harness/benchmark.ts';
import { compareByTurns } from './harness/rounds.ts';

const CONNECTIONS = 50;
const CONTENT = 'x'.repeat(200);
const GLOBAL = ConversationId.parse('global');

/** Commits a second, over `millis`: each connection sends, waits, and sends again. */
async function rateOf(millis: number, send: (connection: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  let committed = 0;
  const connection = async (number: number): Promise<void> => {
    while (performance.now() - start < millis) {
      await send(number);
      committed += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, number) => connection(number)));
  return (committed / (performance.now() - start)) * 1_000;
}

/** What everybody writes first: WAL and synchronous FULL as ours, and a transaction a message. */
function openNaive(file: string) {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(`
    CREATE TABLE messages (
      conversation_id TEXT, seq INTEGER, id TEXT UNIQUE, sender_id TEXT, content TEXT, created_at TEXT,
      PRIMARY KEY (conversation_id, seq)
    ) STRICT`);
  const insert = database.prepare(`
    INSERT INTO messages
    SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ?, ? FROM messages WHERE conversation_id = ?`);
  return {
    async append(id: string, senderId: string): Promise<void> {
      database.exec('BEGIN IMMEDIATE');
      insert.run(GLOBAL, id, senderId, CONTENT, new Date().toISOString(), GLOBAL);
      database.exec('COMMIT');
    },
    close: () => database.close(),
  };
}

export const sqlite: Benchmark = {
  title: `SQLite: messages committed from ${CONNECTIONS} connections, WAL, synchronous FULL`,
  naive: 'one transaction a message',
  async run(pace) {
    const folder = await mkdtemp(path.join(tmpdir(), 'rtd-bench-'));
    const store = await openSqliteMessageStore({
      path: path.join(folder, 'ours.db'),
      clock: systemClock,
      log: silentLog(),
    });
    const naive = openNaive(path.join(folder, 'naive.db'));
    try {
      const users = Array.from({ length: CONNECTIONS }, (_, number) => UserId.parse(`user-${number}`));
      const sender = (connection: number): UserId => users[connection] ?? UserId.parse('nobody');
      const { rate } = await compareByTurns(pace, ['rate'], {
        ours: async () => ({
          rate: await rateOf(pace.roundMillis, async (connection) => {
            await store.append([
              {
                id: MessageId.parse(crypto.randomUUID()),
                conversationId: GLOBAL,
                senderId: sender(connection),
                senderName: sender(connection),
                recipientId: undefined,
                content: CONTENT,
                clientMessageId: undefined,
                timestamp: new Date().toISOString(),
                opening: undefined,
              },
            ]);
          }),
        }),
        naive: async () => ({
          rate: await rateOf(pace.roundMillis, (connection) => naive.append(crypto.randomUUID(), sender(connection))),
        }),
      });
      return {
        rows: [rateRow('content of 200 characters', 'messages/s', rate)],
        notes: [
          'ours gives each conversation dense seqs, knows repeats by their clientMessageId, and checks membership',
          'the naive version holds up the whole server while the disk syncs; ours does not',
        ],
      };
    } finally {
      await store.close();
      naive.close();
      await rm(folder, { recursive: true });
    }
  },
};

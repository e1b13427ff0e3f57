/**
 * The thread that owns one connection to the message store's file: the writer, one transaction a request, or the reader.
 * It imports nothing but Node and its neighbours, so that it starts fast and from source as from dist.
 * When the database fails, the request is answered `broken`, and the next one opens the file anew.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Breakage, Outcome, StoreReply, StoreRequest, StoreThread, WriteCall } from './message-store-calls.ts';
import { prepareReads, type Reads } from './message-store-reads.ts';
import { migrate, NewerSchemaError } from './message-store-schema.ts';
import { isRefused, prepareWrites, type Writes } from './message-store-writes.ts';

interface Connection {
  readonly database: DatabaseSync;
  readonly write: Writes;
  readonly beginCommit: () => void;
  readonly read: Reads;
}

const thread: StoreThread = workerData;
let connection: Connection | undefined;

function connect(): Connection {
  if (connection !== undefined) return connection;
  const database = new DatabaseSync(thread.path, { timeout: thread.busyMillis });
  try {
    // FULL: in WAL mode anything less may lose acknowledged commits on a power cut.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY');
    if (thread.role === 'writer') migrate(database);
    connection = { database, ...prepareWrites(database), read: prepareReads(database) };
    return connection;
  } catch (error) {
    database.close();
    throw error;
  }
}

function disconnect(): void {
  const old = connection;
  connection = undefined;
  try {
    old?.database.close();
  } catch {
    // A connection that cannot even be closed is forgotten all the same.
  }
}

function outcomeOf(value: unknown): Outcome {
  return isRefused(value) ? { ok: false, refusal: value } : { ok: true, value };
}

/** All calls in one transaction. */
function commitAll({ database, write, beginCommit }: Connection, calls: readonly WriteCall[]): Outcome[] {
  database.exec('BEGIN IMMEDIATE');
  try {
    beginCommit();
    const outcomes = calls.map((call) => outcomeOf(write(call)));
    database.exec('COMMIT');
    return outcomes;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function answer(request: StoreRequest): StoreReply {
  try {
    // SQLite would go on writing into a file that has no name any more, and lose it all.
    if (connection !== undefined && !existsSync(thread.path)) throw new Error('the file is gone');
    const open = connect();
    if (!('call' in request.calls)) return { id: request.id, outcomes: commitAll(open, request.calls) };
    open.database.exec('BEGIN');
    try {
      return { id: request.id, outcomes: [outcomeOf(open.read(request.calls))] };
    } finally {
      open.database.exec('COMMIT');
    }
  } catch (error) {
    disconnect();
    return { id: request.id, broken: breakageOf(error) };
  }
}

/** SQLite's primary result codes: https://sqlite.org/rescode.html */
const REASONS: ReadonlyMap<number, Breakage['reason']> = new Map([
  [5, 'busy'],
  [6, 'busy'],
  [8, 'readonly'],
  [11, 'corrupt'],
  [13, 'full'],
  [14, 'missing'],
  [26, 'corrupt'],
]);

function breakageOf(error: unknown): Breakage {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof NewerSchemaError) return { reason: 'newer', detail };
  if (!existsSync(thread.path)) return { reason: 'missing', detail };
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return { reason: REASONS.get(errcode & 0xff) ?? 'failing', detail };
}

parentPort?.on('message', (request: StoreRequest | 'close') => {
  if (request === 'close') {
    disconnect();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(answer(request));
});

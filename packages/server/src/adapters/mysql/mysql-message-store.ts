/**
 * The message store in MySQL or MariaDB (InnoDB), for any number of servers.
 *
 * Group commit: everything that arrives while a transaction is in flight goes into the next one, so the trips and the
 * sync of a commit are shared by all who wait for it. A transaction that was undone by another server is repeated; one
 * whose connection broke at COMMIT too, since message ids and clientMessageIds make a repetition harmless.
 */
import { type ConversationId, type DeviceId, type MessageId, RtdError, type UserId } from '@rtd/protocol';
import type {
  Appended,
  ChangeMark,
  CommittedMessage,
  ConversationRecord,
  ConversationView,
  CursorMove,
  InboxContents,
  MessageRange,
  MessageStore,
  NewConversationRecord,
  NewMessage,
} from '../../chat/message-store.ts';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { ChangeBatch, type Waiting } from './change-batch.ts';
import { changeMember, createConversation, knowDevice } from './change-conversations.ts';
import { migrate, NewerSchemaError } from './migrate.ts';
import type { DeliveredMoves } from './move-cursors.ts';
import { codeOf, isBrokenConnection, isUnknownDatabase, MysqlDatabase, type Transaction } from './mysql-database.ts';
import { done, type Outcome } from './outcome.ts';
import {
  readChanges,
  readConversation,
  readConversationsOf,
  readInbox,
  readMessage,
  readMessages,
} from './read-store.ts';

export interface MysqlMessageStoreOptions {
  /** `mysql://user:password@host:port/database`; it never reaches a log or an error. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How many changes share a transaction at most; default 500. 1 is what group commit is measured against. */
  readonly batchCalls?: number | undefined;
  /** Told of every commit, for metrics. */
  readonly committed?: ((calls: number, millis: number) => void) | undefined;
}

/** When to try again to open it. */
const RETRY_MILLIS = 500;

/** Past this many waiting changes, new ones are refused at once: a database that slow would only grow the queue. */
const MAX_WAITING = 20_000;

/** Makes or migrates the tables, and the database itself where it may. @throws RtdError STORE_UNAVAILABLE that says what to do. */
export async function openMysqlMessageStore(options: MysqlMessageStoreOptions): Promise<MessageStore> {
  const database = new MysqlDatabase(options.url);
  try {
    await migrate(database).catch(async (error: unknown) => {
      if (!isUnknownDatabase(error)) throw error;
      await database.create();
      await migrate(database);
    });
  } catch (cause) {
    await database.close().catch(() => {});
    throw unusable(cause);
  }
  return new MysqlMessageStore(database, options);
}

class MysqlMessageStore implements MessageStore {
  readonly #database: MysqlDatabase;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #batchCalls: number;
  readonly #committed: ((calls: number, millis: number) => void) | undefined;
  readonly #waiting = new ChangeBatch();
  #committing: Promise<void> | undefined;
  #broken: string | undefined;
  #closed = false;

  constructor(database: MysqlDatabase, { clock, log, batchCalls = 500, committed }: MysqlMessageStoreOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
    this.#batchCalls = batchCalls;
    this.#committed = committed;
  }

  append(messages: readonly NewMessage[]): Promise<readonly Appended[]> {
    return this.#change(this.#waiting.appends, messages);
  }

  advanceRead(userId: UserId, conversationId: ConversationId, seq: number): Promise<CursorMove> {
    return this.#change(this.#waiting.reads, { userId, conversationId, seq });
  }

  advanceDelivered(userId: UserId, device: DeviceId, upTo: DeliveredMoves['upTo']): Promise<readonly CursorMove[]> {
    return this.#change(this.#waiting.delivered, { userId, device, upTo });
  }

  createConversation(conversation: NewConversationRecord): Promise<ConversationRecord> {
    return this.#single((transaction) => createConversation(transaction, conversation));
  }

  changeMember(
    change: 'add' | 'remove',
    conversationId: ConversationId,
    userId: UserId,
    expectedRoster: number,
  ): Promise<ConversationRecord | undefined> {
    return this.#single((transaction) => changeMember(transaction, { change, conversationId, userId, expectedRoster }));
  }

  async messages(conversationId: ConversationId, range: MessageRange, viewer?: UserId) {
    const outcome = await this.#read((transaction) => readMessages(transaction, conversationId, range, viewer));
    if (!outcome.ok) throw outcome.refusal;
    return outcome.value;
  }

  message(id: MessageId): Promise<CommittedMessage | undefined> {
    return this.#read((transaction) => readMessage(transaction, id));
  }

  conversation(id: ConversationId): Promise<ConversationRecord | undefined> {
    return this.#read((transaction) => readConversation(transaction, id));
  }

  conversationsOf(userId: UserId): Promise<readonly ConversationView[]> {
    return this.#read((transaction) => readConversationsOf(transaction, userId));
  }

  async inbox(userId: UserId, device: DeviceId, limit: number, only?: ConversationId): Promise<InboxContents> {
    for (;;) {
      const contents = await this.#read((transaction) => readInbox(transaction, userId, device, limit, only));
      if (contents !== 'unknown device') return contents;
      await this.#single(async (transaction) => done(await knowDevice(transaction, userId, device)));
    }
  }

  changedSince(mark: ChangeMark | undefined) {
    return this.#read((transaction) => readChanges(transaction, mark));
  }

  async check(): Promise<void> {
    // Changes nothing, and so finds out whether there could be a change: a read-only server refuses it.
    await this.#single(async (transaction) =>
      done(await transaction.run("UPDATE conversation SET roster = roster WHERE id = ''")),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#committing;
    await this.#database.close().catch(() => {});
  }

  #change<Input, Value>(queue: Waiting<Input, Value>[], input: Input): Promise<Value> {
    return this.#enter((resolve, reject) => {
      const settle = (outcome: Outcome<Value>): void => (outcome.ok ? resolve(outcome.value) : reject(outcome.refusal));
      queue.push({ input, settle, fail: reject });
    });
  }

  #single<Value>(make: (transaction: Transaction) => Promise<Outcome<Value>>): Promise<Value> {
    return this.#enter((resolve, reject) => {
      this.#waiting.singles.push({
        async make(transaction) {
          const outcome = await make(transaction);
          return () => (outcome.ok ? resolve(outcome.value) : reject(outcome.refusal));
        },
        fail: reject,
      });
    });
  }

  #enter<Value>(put: (resolve: (value: Value) => void, reject: (error: RtdError) => void) => void): Promise<Value> {
    if (this.#closed) return Promise.reject(unavailable());
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(
        new RtdError(
          'STORE_UNAVAILABLE',
          'Too many messages wait to be stored; nothing was sent. Try again in a moment.',
        ),
      );
    }
    return new Promise((resolve, reject) => {
      put(resolve, reject);
      // Begun after this turn of the loop, so that what comes in with it shares the first transaction too.
      this.#committing ??= Promise.resolve().then(() => this.#commitAll());
    });
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.size > 0) await this.#commit(this.#waiting.take(this.#batchCalls));
    this.#committing = undefined;
  }

  async #commit(batch: ChangeBatch): Promise<void> {
    const started = this.#clock.monotonic();
    try {
      const settle = await this.#database.write((transaction) => batch.make(transaction));
      this.#noteBreakage(undefined);
      this.#committed?.(batch.size, this.#clock.monotonic() - started);
      settle();
    } catch (error) {
      if (!isBrokenConnection(error) && batch.size > 1) {
        // One change that the database chokes on must not fail the others: each gets a transaction of its own.
        const { size } = batch;
        for (let count = 0; count < size; count += 1) await this.#commit(batch.take(1));
        return;
      }
      this.#noteBreakage(error);
      batch.fail(unavailable());
    }
  }

  async #read<Value>(work: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    if (this.#closed) throw unavailable();
    try {
      return await this.#database.read(work);
    } catch (error) {
      this.#noteBreakage(error);
      throw unavailable();
    }
  }

  /** Says once in the log that the store is gone, and once that it is back. */
  #noteBreakage(error: unknown): void {
    if (error === undefined) {
      if (this.#broken !== undefined) this.#log.info('MySQL works again');
      this.#broken = undefined;
      return;
    }
    const code = codeOf(error);
    if (this.#broken !== code) this.#log.error({ code }, 'MySQL cannot be used: messages are refused until it can');
    this.#broken = code;
  }
}

/** What a peer is told: nothing of hosts or of the database's own words. */
function unavailable(): RtdError {
  return new RtdError(
    'STORE_UNAVAILABLE',
    'The message store cannot be used right now; nothing was done. Try again in a moment.',
  );
}

/** What the operator is told at the start. */
function unusable(cause: unknown): RtdError {
  const code = codeOf(cause);
  const advice: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there: start it, or correct RTD_MYSQL_URL',
    ETIMEDOUT: 'it does not answer: check host, port and firewall in RTD_MYSQL_URL',
    ENOTFOUND: 'its host name is unknown: correct RTD_MYSQL_URL',
    ER_ACCESS_DENIED_ERROR: 'user or password are wrong: correct RTD_MYSQL_URL',
    ER_DBACCESS_DENIED_ERROR: 'the user may not use that database: grant it, or correct RTD_MYSQL_URL',
    ER_BAD_DB_ERROR: 'the database does not exist and could not be made: CREATE DATABASE it',
  };
  const why =
    cause instanceof NewerSchemaError
      ? 'its tables were made by a later version of this program: update the program'
      : (advice[code] ?? 'see the code');
  return new RtdError('STORE_UNAVAILABLE', `MySQL cannot be used: ${why} (${code}).`, {
    cause,
    // A wrong password stays wrong; a database that is starting does not stay away.
    ...(isBrokenConnection(cause) ? { retryAfterMillis: RETRY_MILLIS } : {}),
  });
}

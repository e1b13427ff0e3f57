/**
 * The message store in one SQLite file: WAL, synchronous FULL, group commit.
 *
 * Two threads, so that neither a disk's sync nor a long read holds up the server: one writes, one reads (WAL lets them).
 * Everything that arrives while a transaction is in flight goes into the next one, so a commit's fixed price is shared
 * by all who wait for it. Several processes may use the file at once; the sweep shows each what the others wrote.
 */
import { RtdError } from '@rtd/protocol';
import type { MessageStore } from '../../chat/message-store.ts';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Answers, Breakage, Outcome, ReadCall, WriteCall } from './message-store-calls.ts';
import { startStoreThread } from './message-store-thread.ts';

export interface SqliteMessageStoreOptions {
  /** The database file; its folder must exist. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a write waits for another process that holds the file's lock; default 2,000. */
  readonly busyMillis?: number | undefined;
  /** How many changes share a transaction at most; default 1,000. 1 is what group commit is measured against. */
  readonly batchCalls?: number | undefined;
  /** Told of every commit, for metrics. */
  readonly committed?: ((calls: number, millis: number) => void) | undefined;
}

/** Past this many waiting changes, new ones are refused at once: a disk that slow would only grow the queue. */
const MAX_WAITING = 20_000;

interface Waiting {
  readonly call: WriteCall;
  readonly settle: (outcome: Outcome<never>) => void;
  readonly fail: (error: RtdError) => void;
}

/** Opens, and makes where there is none. @throws RtdError STORE_UNAVAILABLE that says what to do. */
export async function openSqliteMessageStore(options: SqliteMessageStoreOptions): Promise<MessageStore> {
  const { path, clock, log, busyMillis = 2_000, batchCalls = 1_000 } = options;
  const writer = startStoreThread({ path, role: 'writer', busyMillis });
  const reader = startStoreThread({ path, role: 'reader', busyMillis });
  const queue: Waiting[] = [];
  let committing: Promise<void> | undefined;
  let closed = false;
  let brokenSince: string | undefined;

  const opened = await writer.ask([{ call: 'check' }]);
  if ('broken' in opened) {
    await writer.close();
    throw unusable(path, opened.broken);
  }

  /** Says once in the log that the store is gone, and once that it is back. */
  function noteBreakage(broken: Breakage | undefined): void {
    if (broken !== undefined && brokenSince !== broken.reason) {
      log.error({ reason: broken.reason, detail: broken.detail }, unusable(path, broken).message);
    } else if (broken === undefined && brokenSince !== undefined) {
      log.info('the message store works again');
    }
    brokenSince = broken?.reason;
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const started = clock.monotonic();
    const reply = await writer.ask(batch.map((waiting) => waiting.call));
    if ('broken' in reply) {
      // One change that the database chokes on must not fail the others: each gets a transaction of its own.
      if (reply.broken.reason === 'failing' && batch.length > 1) {
        for (const waiting of batch) await commit([waiting]);
        return;
      }
      noteBreakage(reply.broken);
      for (const waiting of batch) waiting.fail(unavailable());
      return;
    }
    noteBreakage(undefined);
    options.committed?.(batch.length, clock.monotonic() - started);
    for (const [index, waiting] of batch.entries()) {
      const outcome = reply.outcomes[index];
      if (outcome === undefined) waiting.fail(unavailable());
      else waiting.settle(outcome);
    }
  }

  async function commitAllWaiting(): Promise<void> {
    while (queue.length > 0) await commit(queue.splice(0, batchCalls));
    committing = undefined;
  }

  function write<Call extends WriteCall>(call: Call): Promise<Answers[Call['call']]> {
    if (closed) return Promise.reject(unavailable());
    if (queue.length >= MAX_WAITING) {
      return Promise.reject(
        new RtdError(
          'STORE_UNAVAILABLE',
          'Too many messages wait to be stored; nothing was sent. Try again in a moment.',
        ),
      );
    }
    return new Promise((resolve, reject) => {
      queue.push({
        call,
        settle: (outcome) => (outcome.ok ? resolve(outcome.value) : reject(refusal(outcome))),
        fail: reject,
      });
      // Begun after this turn of the loop, so that what comes in with it shares the first transaction too.
      committing ??= Promise.resolve().then(commitAllWaiting);
    });
  }

  async function read<Call extends ReadCall>(call: Call): Promise<Answers[Call['call']]> {
    if (closed) throw unavailable();
    const reply = await reader.ask(call);
    if ('broken' in reply) {
      log.warn({ reason: reply.broken.reason, detail: reply.broken.detail }, 'the message store could not be read');
      throw unavailable();
    }
    const [outcome] = reply.outcomes;
    if (outcome === undefined) throw unavailable();
    if (!outcome.ok) throw refusal(outcome);
    return outcome.value;
  }

  return {
    append: (messages) => write({ call: 'append', messages }),
    messages: (conversationId, { after, before, limit }, viewer) =>
      read({ call: 'messages', conversationId, after, before, limit, viewer }),
    message: (id) => read({ call: 'message', id }),
    conversation: (id) => read({ call: 'conversation', id }),
    conversationsOf: (userId) => read({ call: 'conversationsOf', userId }),
    createConversation: (conversation) => write({ call: 'createConversation', conversation }),
    changeMember: (change, conversationId, userId, expectedRoster) =>
      write({ call: 'changeMember', change, conversationId, userId, expectedRoster }),
    advanceRead: (userId, conversationId, seq) => write({ call: 'advanceRead', userId, conversationId, seq }),
    advanceDelivered: (userId, device, upTo) => write({ call: 'advanceDelivered', userId, device, upTo }),
    async inbox(userId, device, limit, only) {
      for (;;) {
        const contents = await read({ call: 'inbox', userId, device, limit, only });
        if (contents !== 'unknown device') return contents;
        await write({ call: 'knowDevice', userId, device });
      }
    },
    changedSince: (mark) => read({ call: 'changedSince', mark }),
    async check() {
      await write({ call: 'check' });
    },
    async close() {
      closed = true;
      await committing;
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

/** What a peer is told: nothing of paths or of the database's own words. */
function unavailable(): RtdError {
  return new RtdError(
    'STORE_UNAVAILABLE',
    'The message store cannot be used right now; nothing was done. Try again in a moment.',
  );
}

function refusal({ refusal }: Extract<Outcome, { ok: false }>): RtdError {
  return new RtdError(refusal.refused, refusal.message);
}

/** What the operator is told. */
function unusable(path: string, { reason, detail }: Breakage): RtdError {
  const advice: Record<Breakage['reason'], string> = {
    full: 'the disk is full: free some space',
    busy: 'another process holds its lock: end that process, or choose another folder with RTD_DATA_DIR',
    readonly:
      'it may not be written: give write access to the file and its folder, or choose another with RTD_DATA_DIR',
    missing: 'its folder is missing or may not be written: create it, or choose another with RTD_DATA_DIR',
    corrupt: 'the file is no message database, or damaged: move it away, or restore it from a backup',
    newer: 'the file was written by a later version of this program: update the program',
    failing: 'the database fails: see the detail',
  };
  return new RtdError('STORE_UNAVAILABLE', `The message store ${path} cannot be used: ${advice[reason]} (${detail}).`);
}

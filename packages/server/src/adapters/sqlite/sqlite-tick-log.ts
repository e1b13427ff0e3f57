/**
 * The tick log in one SQLite file, for a server that has no Kafka. The file is worked on in a thread of its own, so that a
 * slow disk never holds up the event loop.
 *
 * Promises, beyond the port's: what is appended while a commit is under way goes into the next one together (group commit).
 * An append that has resolved survives the end of the process; a power cut may take the last moments with it, and the log
 * then goes on at offsets that nobody has seen. The file belongs to one process: a second one is refused.
 */
import { Worker } from 'node:worker_threads';
import { type LogPosition, RtdError, type Tick } from '@rtd/protocol';
import type { Clock, Timer } from '../../clock.ts';
import type { LoggedTick, LogRead, PartitionBounds, TickLog, TickLogTail } from '../../market/tick-log.ts';
import type { Log } from '../../telemetry/log.ts';
import type {
  BatchRead,
  FileFailure,
  TickBatch,
  WorkerAnswer,
  WorkerRequest,
  WorkerSettings,
} from './sqlite-tick-log-messages.ts';

export interface SqliteTickLogOptions {
  /** The database file; its folder must exist. It belongs to this log alone. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ticks older than this are removed; default 24 h. */
  readonly maxAgeMillis?: number | undefined;
  /** More ticks than this are removed, oldest first and by the batch; default 1,000,000. */
  readonly maxTicks?: number | undefined;
}

const PARTITIONS = 3;
const DAY = 86_400_000;
/** Ticks in one row: what a read of a single tick has to parse at most. */
const BATCH_TICKS = 512;
/** Ticks in one commit. */
const COMMIT_TICKS = 8_192;
/** Ticks that may wait for a commit; more are refused. */
const WAITING_TICKS = 262_144;
/** Ticks that a tail reads at a time while it catches up. */
const TAIL_PAGE = 4_096;
const RETENTION_EVERY_MILLIS = 10_000;
const TAIL_RETRY_MILLIS = 1_000;
const REPORT_EVERY_MILLIS = 30_000;

/** Opens, and makes where there is none. @throws RtdError UNAVAILABLE that says what to do: not writable, no database, in use by another process. */
export async function openSqliteTickLog(options: SqliteTickLogOptions): Promise<TickLog> {
  const log = new SqliteTickLog(options);
  await log.open();
  return log;
}

interface Pending {
  readonly ticks: readonly Tick[];
  readonly resolve: () => void;
  readonly reject: (error: RtdError) => void;
}

interface Question {
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (error: RtdError) => void;
}

interface Tail extends TickLogTail {
  readonly receive: (ticks: readonly LoggedTick[]) => void;
  /** A partition -> the offset that is handed over next. */
  readonly next: number[];
  /** Partitions that have caught up: a commit is handed to them as it comes. */
  readonly live: boolean[];
  closed: boolean;
}

class SqliteTickLog implements TickLog {
  readonly partitions = PARTITIONS;
  readonly #options: SqliteTickLogOptions;
  readonly #worker: Worker;
  readonly #questions: Question[] = [];
  readonly #tails = new Set<Tail>();
  /** A partition -> the offset behind everything that commits have handed over. */
  readonly #handedOver: number[] = Array.from({ length: PARTITIONS }, () => 0);
  #waiting: Pending[] = [];
  #waitingTicks = 0;
  #committing: Promise<void> | undefined;
  #retention: Timer | undefined;
  readonly #retries = new Set<Timer>();
  #reportedAt = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;
  #dead: RtdError | undefined;

  constructor(options: SqliteTickLogOptions) {
    this.#options = options;
    const settings: WorkerSettings = {
      path: options.path,
      partitions: PARTITIONS,
      maxAgeMillis: options.maxAgeMillis ?? DAY,
      maxTicks: options.maxTicks ?? 1_000_000,
    };
    // From the sources the thread is TypeScript, from a build it is JavaScript.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./sqlite-tick-log-worker.${extension}`, import.meta.url), {
      workerData: settings,
      name: 'tick-log',
      // Flags of the program that this thread is a part of (`-e`, a test runner's) are not for it.
      execArgv: [],
    });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#questions.shift()?.resolve(answer));
    this.#worker.on('error', (error) => this.#die(`its thread failed: ${error.message}`));
    this.#worker.on('exit', () => this.#die('its thread has ended'));
  }

  async open(): Promise<void> {
    try {
      const answer = await this.#exchange({ kind: 'open' });
      if (answer.kind === 'failed') throw unavailable(explain(this.#options.path, answer.failure));
    } catch (error) {
      // Nobody is told a second time that the thread has ended.
      this.#closing = Promise.resolve();
      await this.#worker.terminate();
      throw error;
    }
    this.#retention = this.#options.clock.every(RETENTION_EVERY_MILLIS, () => this.#retain());
    this.#retain();
  }

  append(ticks: readonly Tick[]): Promise<void> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    if (this.#closing !== undefined) return Promise.reject(closedError());
    if (ticks.length === 0) return Promise.resolve();
    if (this.#waitingTicks + ticks.length > WAITING_TICKS) {
      const message = `The tick log is ${this.#waitingTicks} ticks behind; nothing was stored, send these again in a moment.`;
      return Promise.reject(new RtdError('UNAVAILABLE', message, { retryAfterMillis: 1_000 }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ticks, resolve, reject });
      this.#waitingTicks += ticks.length;
      this.#committing ??= this.#commitAll();
    });
  }

  async bounds(): Promise<readonly PartitionBounds[]> {
    const answer = await this.#ask({ kind: 'bounds' });
    return answer.kind === 'bounds' ? answer.bounds : [];
  }

  async read(partition: number, offset: number, limit: number): Promise<LogRead> {
    const answer = await this.#ask({ kind: 'read', partition, offset, limit });
    if (answer.kind !== 'read') throw unavailable('the tick log gave no page');
    return answer.read.kind === 'gone' ? answer.read : pageOf(answer.read, partition, offset, limit);
  }

  async tail(from: LogPosition, receive: (ticks: readonly LoggedTick[]) => void): Promise<TickLogTail> {
    if (this.#closing !== undefined) throw closedError();
    const tail: Tail = {
      receive,
      next: Array.from({ length: PARTITIONS }, (_, partition) => (from[partition] ?? -1) + 1),
      live: Array.from({ length: PARTITIONS }, () => false),
      closed: false,
      close: () => {
        tail.closed = true;
        this.#tails.delete(tail);
      },
    };
    await this.bounds();
    this.#tails.add(tail);
    for (let partition = 0; partition < PARTITIONS; partition += 1) void this.#catchUp(tail, partition);
    return tail;
  }

  async check(): Promise<void> {
    await this.#ask({ kind: 'check' });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#retention?.cancel();
    await this.#committing;
    for (const tail of this.#tails) tail.close();
    for (const retry of this.#retries) retry.cancel();
    if (this.#dead === undefined) {
      await this.#post({ kind: 'close' }).catch((error: unknown) =>
        this.#options.log.warn(
          { error: String(error) },
          'the tick log was not closed cleanly; it recovers when it is opened',
        ),
      );
    }
    this.#die('it is closed');
    await this.#worker.terminate();
  }

  async #commitAll(): Promise<void> {
    // What comes within this turn goes into the same commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#takeWaiting());
    this.#committing = undefined;
  }

  #takeWaiting(): readonly Pending[] {
    let ticks = 0;
    let taken = 0;
    while (taken < this.#waiting.length) {
      const size = this.#waiting[taken]?.ticks.length ?? 0;
      if (taken > 0 && ticks + size > COMMIT_TICKS) break;
      ticks += size;
      taken += 1;
    }
    this.#waitingTicks -= ticks;
    return this.#waiting.splice(0, taken);
  }

  async #commit(pending: readonly Pending[]): Promise<void> {
    const batches = batchesOf(pending.flatMap(({ ticks }) => ticks));
    try {
      const now = this.#options.clock.now();
      const answer = await this.#ask({ kind: 'append', now, batches: batches.map(({ row }) => row) });
      const offsets = answer.kind === 'appended' ? answer.offsets : [];
      for (const [index, { row, ticks }] of batches.entries())
        this.#handOver(row.partition, offsets[index] ?? 0, ticks);
      for (const { resolve } of pending) resolve();
    } catch (error) {
      const refusal = error instanceof RtdError ? error : unavailable('the tick log could not take these ticks');
      for (const { reject } of pending) reject(refusal);
    }
  }

  /** Gives ticks that were just committed to the tails that have caught up; the others will read them. */
  #handOver(partition: number, offset: number, ticks: readonly Tick[]): void {
    let logged: readonly LoggedTick[] | undefined;
    this.#handedOver[partition] = offset + ticks.length;
    for (const tail of this.#tails) {
      // A tail may have read this very batch a moment ago, on its way to the end.
      if (tail.live[partition] !== true || offset < (tail.next[partition] ?? 0)) continue;
      logged ??= ticks.map((tick, index) => ({ partition, offset: offset + index, tick }));
      tail.next[partition] = offset + ticks.length;
      tail.receive(logged);
    }
  }

  /** Reads until it has reached what commits have handed over, and lets them through from there. */
  async #catchUp(tail: Tail, partition: number): Promise<void> {
    try {
      for (;;) {
        const offset = tail.next[partition] ?? 0;
        const page = await this.read(partition, offset, TAIL_PAGE);
        if (tail.closed) return;
        tail.next[partition] = page.kind === 'gone' ? page.earliest : page.next;
        if (page.kind === 'gone') continue;
        if (page.ticks.length > 0) tail.receive(page.ticks);
        else if ((this.#handedOver[partition] ?? 0) <= page.next) {
          tail.live[partition] = true;
          return;
        }
      }
    } catch {
      if (tail.closed || this.#dead !== undefined) return;
      const retry = this.#options.clock.after(TAIL_RETRY_MILLIS, () => {
        this.#retries.delete(retry);
        void this.#catchUp(tail, partition);
      });
      this.#retries.add(retry);
    }
  }

  #retain(): void {
    this.#ask({ kind: 'retain', now: this.#options.clock.now() }).then(
      (answer) => {
        if (answer.kind === 'retained' && answer.more && this.#closing === undefined) this.#retain();
      },
      (error: unknown) => this.#options.log.warn({ error: String(error) }, 'the tick log could not remove old ticks'),
    );
  }

  /** @throws RtdError UNAVAILABLE when the file fails, or the log is closed. */
  async #ask(request: WorkerRequest): Promise<WorkerAnswer> {
    // A commit that was begun before the close is finished; it is the only one that may still ask.
    if (this.#closing !== undefined && request.kind !== 'append') throw closedError();
    return this.#post(request);
  }

  async #post(request: WorkerRequest): Promise<WorkerAnswer> {
    const answer = await this.#exchange(request);
    if (answer.kind !== 'failed') return answer;
    this.#reportFailure(answer.failure);
    throw unavailable(
      request.kind === 'append'
        ? 'The market log cannot take ticks now; nothing was stored, send them again later.'
        : 'The market log cannot be read now; ask again later.',
    );
  }

  async #exchange(request: WorkerRequest): Promise<WorkerAnswer> {
    if (this.#dead !== undefined) throw this.#dead;
    return new Promise<WorkerAnswer>((resolve, reject) => {
      this.#questions.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  /** What an operator needs and no client may see. A disk that is full fails very often: one line a while is enough. */
  #reportFailure(failure: FileFailure): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#reportedAt < REPORT_EVERY_MILLIS) return;
    this.#reportedAt = now;
    this.#options.log.error({ code: failure.code, reason: failure.message }, explain(this.#options.path, failure));
  }

  #die(why: string): void {
    if (this.#dead !== undefined) return;
    this.#dead =
      this.#closing === undefined
        ? unavailable('The market log has stopped; the server has to be restarted.')
        : closedError();
    if (this.#closing === undefined)
      this.#options.log.error({ path: this.#options.path, why }, 'the tick log has stopped');
    this.#retention?.cancel();
    for (const { reject } of this.#questions.splice(0)) reject(this.#dead);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#dead);
    this.#waitingTicks = 0;
  }
}

/** The partition of a symbol: FNV-1a of its UTF-16 units, the same for ever. */
export function partitionOf(symbol: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < symbol.length; index += 1) {
    hash = Math.imul(hash ^ symbol.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % PARTITIONS;
}

/** Rows to store: the ticks by partition, each in order, in pieces of a bounded size. */
function batchesOf(ticks: readonly Tick[]): readonly { readonly row: TickBatch; readonly ticks: readonly Tick[] }[] {
  const byPartition: Tick[][] = Array.from({ length: PARTITIONS }, () => []);
  for (const tick of ticks) byPartition[partitionOf(tick.symbol)]?.push(tick);
  return byPartition.flatMap((own, partition) =>
    Array.from({ length: Math.ceil(own.length / BATCH_TICKS) }, (_, index) => {
      const piece = own.slice(index * BATCH_TICKS, (index + 1) * BATCH_TICKS);
      return { row: { partition, count: piece.length, ticks: JSON.stringify(piece) }, ticks: piece };
    }),
  );
}

function pageOf(read: BatchRead & { kind: 'page' }, partition: number, from: number, limit: number): LogRead {
  // Only this file writes these rows, and only from ticks that were checked on their way in.
  const ticks: readonly Tick[] = JSON.parse(read.ticks);
  const logged: LoggedTick[] = [];
  let index = 0;
  for (const place of read.places) {
    for (let offset = place.offset; offset < place.offset + place.count; offset += 1, index += 1) {
      const tick = ticks[index];
      if (tick !== undefined && offset >= from && logged.length < limit) logged.push({ partition, offset, tick });
    }
  }
  return { kind: 'page', ticks: logged, next: read.next };
}

function unavailable(message: string): RtdError {
  return new RtdError('UNAVAILABLE', message, { retryAfterMillis: 1_000 });
}

function closedError(): RtdError {
  return new RtdError('UNAVAILABLE', 'The tick log is closed: the server is shutting down.');
}

/** SQLITE_IOERR_LOCK: what an exclusive lock on a file that may only be read comes to. */
const NO_WRITE_LOCK = 3_850;

/** What an operator can do about SQLite's result code. */
function explain(path: string, { code, message }: FileFailure): string {
  switch (code === NO_WRITE_LOCK ? 8 : code & 0xff) {
    case 5:
    case 6:
      return `The tick log ${path} is in use by another process: end it, or give this server its own data folder (RTD_DATA_DIR).`;
    case 8:
    case 14:
      return `The tick log ${path} cannot be opened for writing: check that its folder exists, and that both may be written to (RTD_DATA_DIR).`;
    case 13:
      return `The tick log ${path} cannot grow, the disk is full: free some space.`;
    case 11:
    case 26:
      return `${path} is no tick log, or a damaged one: move it away, and a new one is made.`;
    default:
      return `The tick log ${path} failed (${message}).`;
  }
}

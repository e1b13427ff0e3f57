/**
 * The file of the tick log, driven by the worker thread: everything here blocks.
 *
 * A row is a batch: the ticks of one partition that were appended together, as a JSON array, under the offset of the first.
 * Each partition is a table, so that an append only ever touches the right-hand end of three B-trees.
 *
 * Durability: WAL with synchronous NORMAL. A killed process loses nothing; a power cut may lose the newest commits. Offsets
 * that such a commit had given out must not be given out again, so they come from a reservation that was synced to the disk
 * before the first of them was used, and an opening after anything but a clean close goes on behind the whole reservation.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { PartitionBounds } from '../../market/tick-log.ts';
import type { BatchPlace, BatchRead, TickBatch, WorkerSettings } from './sqlite-tick-log-messages.ts';

const SCHEMA_VERSION = 1;
/** Offsets reserved at a time: one sync for this many ticks a partition. */
const RESERVATION = 1_048_576;
/** Rows removed at a time, so that an append never waits long behind retention. */
const REMOVED_ROWS_AT_A_TIME = 2_000;

interface Partition {
  readonly insert: StatementSync;
  readonly readFrom: StatementSync;
  readonly oldest: StatementSync;
  readonly remove: StatementSync;
  readonly save: StatementSync;
  /** The next offset to give out. */
  next: number;
  /** Offsets below this are reserved. */
  reserved: number;
  /** Everything at this offset and behind it is kept. */
  earliest: number;
  /** Ticks kept. */
  kept: number;
}

export class TickLogFile {
  readonly #database: DatabaseSync;
  readonly #settings: WorkerSettings;
  readonly #partitions: readonly Partition[];
  #lastAppendAt = 0;

  /** Opens, and makes where there is none. Nobody else can open it until it is closed. @throws Error of node:sqlite */
  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#database = new DatabaseSync(settings.path, { timeout: 1_000 });
    try {
      this.#database.exec(
        'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;',
      );
      this.#migrate();
      this.#partitions = Array.from({ length: settings.partitions }, (_, index) => this.#openPartition(index));
      this.#recover();
      this.#database.exec('PRAGMA synchronous = NORMAL');
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Appends all batches in one transaction; returns the first offset of each. */
  append(batches: readonly TickBatch[], now: number): readonly number[] {
    this.#reserve(batches);
    // Retention goes by this time, oldest first: a clock that is set back must not make newer rows look older.
    this.#lastAppendAt = Math.max(this.#lastAppendAt, now);
    const before = this.#partitions.map(({ next, kept }) => ({ next, kept }));
    try {
      return this.#transaction(() => {
        const offsets = batches.map((batch) => {
          const partition = this.#partition(batch.partition);
          const offset = partition.next;
          partition.insert.run(offset, batch.count, this.#lastAppendAt, batch.ticks);
          partition.next += batch.count;
          partition.kept += batch.count;
          return offset;
        });
        for (const index of new Set(batches.map((batch) => batch.partition))) this.#save(index);
        return offsets;
      });
    } catch (error) {
      for (const [index, values] of before.entries()) Object.assign(this.#partition(index), values);
      throw error;
    }
  }

  /** Writes what is there already. @throws Error of node:sqlite when an append would fail, too. */
  check(): void {
    this.#transaction(() => this.#save(0));
  }

  bounds(): readonly PartitionBounds[] {
    return this.#partitions.map(({ earliest, next }) => ({ earliest, next }));
  }

  /** Whole rows from the one that holds `offset` on, until they hold `limit` ticks at or behind it. */
  read(index: number, offset: number, limit: number): BatchRead {
    const partition = this.#partition(index);
    if (offset < partition.earliest) return { kind: 'gone', earliest: partition.earliest };
    const places: BatchPlace[] = [];
    const texts: string[] = [];
    let found = 0;
    for (const row of partition.readFrom.iterate(offset)) {
      const place = { offset: Number(row.offset), count: Number(row.count) };
      const end = place.offset + place.count;
      if (end <= offset) continue;
      places.push(place);
      texts.push(String(row.ticks).slice(1, -1));
      found += Math.min(place.count, end - offset);
      if (found >= limit) return { kind: 'page', places, ticks: `[${texts.join(',')}]`, next: end - (found - limit) };
    }
    return { kind: 'page', places, ticks: `[${texts.join(',')}]`, next: Math.max(offset, partition.next) };
  }

  /** Removes a bounded number of batches that are too old or too many, oldest first. */
  retain(now: number): { readonly removed: number; readonly more: boolean } {
    const tooOld = now - this.#settings.maxAgeMillis;
    const before = this.#partitions.map(({ earliest, kept }) => ({ earliest, kept }));
    let removed = 0;
    let rows = 0;
    try {
      this.#transaction(() => {
        const touched = new Set<number>();
        const heads = this.#partitions.map((partition) => partition.oldest.get());
        for (; rows < REMOVED_ROWS_AT_A_TIME; rows += 1) {
          const index = oldestOf(heads);
          const head = index === undefined ? undefined : heads[index];
          if (index === undefined || head === undefined) break;
          const kept = this.#partitions.reduce((sum, partition) => sum + partition.kept, 0);
          if (Number(head.appended_at) >= tooOld && kept <= this.#settings.maxTicks) break;
          const partition = this.#partition(index);
          const count = Number(head.count);
          partition.remove.run(head.offset ?? 0);
          partition.kept -= count;
          partition.earliest = Number(head.offset) + count;
          removed += count;
          touched.add(index);
          heads[index] = partition.oldest.get();
          if (heads[index] === undefined) partition.earliest = partition.next;
        }
        for (const index of touched) this.#save(index);
      });
    } catch (error) {
      for (const [index, values] of before.entries()) Object.assign(this.#partition(index), values);
      throw error;
    }
    return { removed, more: rows === REMOVED_ROWS_AT_A_TIME };
  }

  /** Gives the unused rest of the reservation back and closes. */
  close(): void {
    try {
      this.#database.exec('PRAGMA synchronous = FULL');
      this.#transaction(() => {
        for (const [index, partition] of this.#partitions.entries()) {
          partition.reserved = partition.next;
          this.#save(index);
        }
      });
    } finally {
      this.#database.close();
    }
  }

  #migrate(): void {
    const version = Number(this.#database.prepare('PRAGMA user_version').get()?.user_version);
    if (version === SCHEMA_VERSION) return;
    if (version !== 0)
      throw new Error(`the file has version ${version} of the tick log; this program knows ${SCHEMA_VERSION}`);
    this.#transaction(() => {
      this.#database.exec(
        `CREATE TABLE partition (
           id INTEGER PRIMARY KEY, next INTEGER NOT NULL, reserved INTEGER NOT NULL,
           earliest INTEGER NOT NULL, kept INTEGER NOT NULL) STRICT;
         PRAGMA user_version = ${SCHEMA_VERSION};`,
      );
      for (let index = 0; index < this.#settings.partitions; index += 1) {
        this.#database.exec(
          `CREATE TABLE batch_${index} (
             "offset" INTEGER PRIMARY KEY, "count" INTEGER NOT NULL, appended_at INTEGER NOT NULL, ticks TEXT NOT NULL) STRICT;
           INSERT INTO partition VALUES (${index}, 0, 0, 0, 0);`,
        );
      }
    });
  }

  #openPartition(index: number): Partition {
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    const row = prepare('SELECT next, reserved, earliest, kept FROM partition WHERE id = ?').get(index);
    if (row === undefined) throw new Error(`the file has no partition ${index}; it was made with fewer`);
    return {
      insert: prepare(`INSERT INTO batch_${index} VALUES (?, ?, ?, ?)`),
      readFrom: prepare(
        `SELECT "offset", "count", ticks FROM batch_${index}
         WHERE "offset" >= coalesce((SELECT max("offset") FROM batch_${index} WHERE "offset" <= ?1), 0) ORDER BY "offset"`,
      ),
      oldest: prepare(`SELECT "offset", "count", appended_at FROM batch_${index} ORDER BY "offset" LIMIT 1`),
      remove: prepare(`DELETE FROM batch_${index} WHERE "offset" = ?`),
      save: prepare('UPDATE partition SET next = ?, reserved = ?, earliest = ?, kept = ? WHERE id = ?'),
      next: Number(row.next),
      reserved: Number(row.reserved),
      earliest: Number(row.earliest),
      kept: Number(row.kept),
    };
  }

  /** Goes on behind what may have been given out before, and keeps time from going back. */
  #recover(): void {
    for (const [index, partition] of this.#partitions.entries()) {
      const newest = this.#database.prepare(`SELECT max(appended_at) AS at FROM batch_${index}`).get();
      this.#lastAppendAt = Math.max(this.#lastAppendAt, Number(newest?.at ?? 0));
      partition.next = Math.max(partition.next, partition.reserved);
      if (partition.kept === 0) partition.earliest = partition.next;
    }
  }

  /** Makes sure that every offset of the coming append is reserved on the disk. */
  #reserve(batches: readonly TickBatch[]): void {
    const wanted = this.#partitions.map((partition) => partition.next);
    for (const { partition, count } of batches) wanted[partition] = (wanted[partition] ?? 0) + count;
    if (this.#partitions.every((partition, index) => (wanted[index] ?? 0) <= partition.reserved)) return;
    const before = this.#partitions.map(({ reserved }) => reserved);
    this.#database.exec('PRAGMA synchronous = FULL');
    try {
      this.#transaction(() => {
        for (const [index, partition] of this.#partitions.entries()) {
          partition.reserved = (wanted[index] ?? partition.next) + RESERVATION;
          this.#save(index);
        }
      });
    } catch (error) {
      for (const [index, reserved] of before.entries()) this.#partition(index).reserved = reserved;
      throw error;
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL');
    }
  }

  #save(index: number): void {
    const { save, next, reserved, earliest, kept } = this.#partition(index);
    save.run(next, reserved, earliest, kept, index);
  }

  #partition(index: number): Partition {
    const partition = this.#partitions[index];
    if (partition === undefined) throw new RangeError(`there is no partition ${index}`);
    return partition;
  }

  #transaction<Result>(work: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** The index of the head that was appended first; undefined when there is none. */
function oldestOf(heads: readonly (Readonly<Record<string, unknown>> | undefined)[]): number | undefined {
  let oldest: number | undefined;
  for (const [index, head] of heads.entries()) {
    if (head === undefined) continue;
    if (oldest === undefined || Number(head.appended_at) < Number(heads[oldest]?.appended_at)) oldest = index;
  }
  return oldest;
}

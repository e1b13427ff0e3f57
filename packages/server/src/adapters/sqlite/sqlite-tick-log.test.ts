import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Tick } from '@rtd/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { contractTick, describeTickLog } from '../../../test/market/tick-log.contract.ts';
import { type Clock, systemClock, type Timer } from '../../clock.ts';
import type { LoggedTick, TickLog } from '../../market/tick-log.ts';
import { silentLog } from '../../telemetry/log.ts';
import { openSqliteTickLog, type SqliteTickLogOptions } from './sqlite-tick-log.ts';

const folders: string[] = [];
const open: TickLog[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const log of open.splice(0)) await log.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newPath(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tick-log-'));
  folders.push(folder);
  return path.join(folder, 'ticks.db');
}

async function openLog(file: string, options: Partial<SqliteTickLogOptions> = {}): Promise<TickLog> {
  const log = await openSqliteTickLog({ path: file, clock: systemClock, log: silentLog(), ...options });
  open.push(log);
  return log;
}

async function allOf(log: TickLog): Promise<LoggedTick[]> {
  const bounds = await log.bounds();
  const found: LoggedTick[] = [];
  for (const [partition, { earliest, next }] of bounds.entries()) {
    for (let offset = earliest; offset < next; ) {
      const page = await log.read(partition, offset, 100);
      if (page.kind === 'gone') throw new Error('gone');
      found.push(...page.ticks);
      offset = page.next;
    }
  }
  return found;
}

const ticksOf = (count: number, first = 1): Tick[] =>
  Array.from({ length: count }, (_, index) => contractTick(`SYM${index % 9}`, first + index));

/** A clock that only moves when it is told to; `advance` runs what has come due. */
class HandClock implements Clock {
  #now = Date.parse('2026-01-31T09:00:00.000Z');
  readonly #repeating = new Set<{ readonly millis: number; due: number; readonly action: () => void }>();
  now = (): number => this.#now;
  monotonic = (): number => this.#now;
  after = systemClock.after;
  every = (millis: number, action: () => void): Timer => {
    const entry = { millis, due: this.#now + millis, action };
    this.#repeating.add(entry);
    return { cancel: () => this.#repeating.delete(entry) };
  };
  advance(millis: number): void {
    this.#now += millis;
    for (const entry of this.#repeating) {
      if (entry.due > this.#now) continue;
      entry.due = this.#now + entry.millis;
      entry.action();
    }
  }
}

describeTickLog('SQLite', async () => {
  const file = newPath();
  return {
    open: () => openSqliteTickLog({ path: file, clock: systemClock, log: silentLog() }),
    remove: async () => rmSync(path.dirname(file), { recursive: true, force: true }),
  };
});

describe('retention', () => {
  it('removes by count, oldest first, and says what is gone', async () => {
    const clock = new HandClock();
    const log = await openLog(newPath(), { clock, maxTicks: 200 });
    const heard: LoggedTick[] = [];
    await log.tail([-1, -1, -1], (ticks) => heard.push(...ticks));
    for (let round = 0; round < 50; round += 1) {
      await log.append(ticksOf(9, round * 9 + 1));
      clock.advance(1);
    }
    clock.advance(10_000);
    await expect.poll(async () => (await allOf(log)).length).toBeLessThanOrEqual(200);
    const kept = await allOf(log);
    // A batch is removed as a whole: at most the ticks of one append fewer than allowed are left.
    expect(kept.length).toBeGreaterThan(200 - 9);
    const oldestKept = Math.min(...kept.map(({ tick }) => tick.price));
    expect(oldestKept).toBeGreaterThan(450 - 200 - 9);
    for (const [partition, { earliest }] of (await log.bounds()).entries()) {
      expect(earliest).toBeGreaterThan(0);
      expect(await log.read(partition, earliest - 1, 1)).toEqual({ kind: 'gone', earliest });
      expect(await log.read(partition, 0, 1)).toEqual({ kind: 'gone', earliest });
    }
    // Whoever had begun before was given everything all the same.
    expect(heard).toHaveLength(450);
  });

  it('removes by age; what is empty then goes on at the offsets behind', async () => {
    const clock = new HandClock();
    const file = newPath();
    const log = await openLog(file, { clock, maxAgeMillis: 60_000 });
    await log.append(ticksOf(90));
    const before = await log.bounds();
    clock.advance(61_000);
    await expect.poll(async () => (await log.bounds()).every(({ earliest, next }) => earliest === next)).toBe(true);
    expect((await log.bounds()).map(({ next }) => next)).toEqual(before.map(({ next }) => next));
    await log.close();
    const again = await openLog(file, { clock, maxAgeMillis: 60_000 });
    await again.append(ticksOf(9));
    for (const { partition, offset } of await allOf(again)) {
      expect(offset).toBeGreaterThanOrEqual(before[partition]?.next ?? Number.POSITIVE_INFINITY);
    }
    expect(await again.read(0, 0, 1)).toMatchObject({ kind: 'gone' });
  });

  it('begins a tail at the earliest that is kept', async () => {
    const clock = new HandClock();
    const log = await openLog(newPath(), { clock, maxTicks: 50 });
    for (let round = 0; round < 20; round += 1) await log.append(ticksOf(9, round * 9 + 1));
    clock.advance(10_000);
    await expect.poll(async () => (await allOf(log)).length).toBeLessThanOrEqual(50);
    const kept = await allOf(log);
    const heard: LoggedTick[] = [];
    await log.tail([-1, -1, -1], (ticks) => heard.push(...ticks));
    await expect.poll(() => heard.length).toBe(kept.length);
    const byPlace = (one: LoggedTick, other: LoggedTick): number =>
      one.partition - other.partition || one.offset - other.offset;
    expect(heard.toSorted(byPlace)).toEqual(kept.toSorted(byPlace));
  });
});

describe('what is on the disk', () => {
  it('survives a kill -9 in the middle of a burst: whole appends, all that were acknowledged, no offset twice', async () => {
    const file = newPath();
    // Writes 10 ticks an append, without end, and says after each how many appends the log has acknowledged.
    const program = `
      import { openSqliteTickLog } from ${JSON.stringify(import.meta.resolve('./sqlite-tick-log.ts'))};
      import { systemClock } from ${JSON.stringify(import.meta.resolve('../../clock.ts'))};
      const quiet = { error() {}, warn() {}, info() {} };
      const log = await openSqliteTickLog({ path: ${JSON.stringify(file)}, clock: systemClock, log: quiet });
      for (let round = 0; ; round += 1) {
        await log.append(Array.from({ length: 10 }, (_, index) => ({
          symbol: 'S' + index, price: round * 10 + index + 1, change: 0, changePercent: 0, volume: 0,
          timestamp: '2026-01-31T09:00:00.000Z',
        })));
        process.stdout.write((round + 1) + '\\n');
      }`;
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    let complaints = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      complaints += chunk;
    });
    const acknowledged = (): number => Number(output.split('\n').at(-2) ?? 0);
    await expect.poll(() => acknowledged() + complaints.length, { timeout: 15_000 }).toBeGreaterThan(30);
    expect(complaints).toBe('');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));

    const log = await openLog(file);
    const kept = await allOf(log);
    expect(kept.length % 10).toBe(0);
    expect(kept.length).toBeGreaterThanOrEqual(acknowledged() * 10);
    expect(kept.map(({ tick }) => tick.price).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: kept.length }, (_, index) => index + 1),
    );
    const last = kept.map(({ partition, offset }) => ({ partition, offset }));
    await log.append(ticksOf(9));
    const fresh = (await allOf(log)).slice(0);
    for (const { partition, offset } of last) {
      expect(fresh.filter((entry) => entry.partition === partition && entry.offset === offset)).toHaveLength(1);
    }
    expect(fresh).toHaveLength(kept.length + 9);
  });

  it('goes on behind every offset that a lost commit may have given out', async () => {
    const file = newPath();
    const log = await openLog(file);
    await log.append(ticksOf(90));
    const shown = await log.bounds();
    await log.close();
    // As a power cut leaves it that took the newest commits along: the ticks are not there, the reservation is.
    const database = new DatabaseSync(file);
    for (const partition of [0, 1, 2]) database.exec(`DELETE FROM batch_${partition}`);
    database.exec('UPDATE partition SET next = 0, kept = 0, earliest = 0, reserved = 1000');
    database.close();
    const again = await openLog(file);
    await again.append(ticksOf(9));
    for (const { partition, offset } of await allOf(again)) {
      expect(offset).toBeGreaterThanOrEqual(shown[partition]?.next ?? Number.POSITIVE_INFINITY);
      expect(offset).toBeGreaterThanOrEqual(1_000);
    }
  });

  it('stores nothing of an append that the file refuses, and goes on afterwards', async () => {
    const file = newPath();
    const log = await openLog(file);
    await log.append(ticksOf(9));
    await log.close();
    const database = new DatabaseSync(file);
    // Refuses the second of the three partitions that an append writes to.
    database.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON batch_1 WHEN new.ticks LIKE '%"price":666%' BEGIN SELECT raise(ABORT, 'no'); END`,
    );
    database.close();
    const again = await openLog(file);
    const heard: LoggedTick[] = [];
    await again.tail(
      (await again.bounds()).map(({ next }) => next - 1),
      (ticks) => heard.push(...ticks),
    );
    const poisoned = ticksOf(9).map((tick) => ({ ...tick, price: 666 }));
    await expect(again.append(poisoned)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await allOf(again)).toHaveLength(9);
    await again.append(ticksOf(9, 100));
    expect(await allOf(again)).toHaveLength(18);
    expect(new Set((await allOf(again)).map(({ partition, offset }) => `${partition}:${offset}`)).size).toBe(18);
    await expect.poll(() => heard.length).toBe(9);
  });
});

describe('opening', () => {
  it('refuses a file that another one has open', async () => {
    const file = newPath();
    await openLog(file);
    await expect(openLog(file)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('in use by another process'),
    });
  });

  it('refuses a folder that is not there, and a file that is no database', async () => {
    const file = newPath();
    await expect(openLog(path.join(file, 'nowhere', 'ticks.db'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('RTD_DATA_DIR'),
    });
    writeFileSync(file, 'This is not the file that you are looking for. '.repeat(100));
    await expect(openLog(file)).rejects.toMatchObject({ message: expect.stringContaining('is no tick log') });
  });

  it('refuses a file of a newer version', async () => {
    const file = newPath();
    await (await openLog(file)).close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(openLog(file)).rejects.toMatchObject({ message: expect.stringContaining('version 99') });
  });
});

describe('back-pressure', () => {
  it('refuses what it cannot hold, with a time to come back, and stores all that it took', async () => {
    const log = await openLog(newPath());
    const piece = ticksOf(50_000);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => log.append(piece)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'UNAVAILABLE', retryAfterMillis: 1_000 });
    const bounds = await log.bounds();
    const stored = bounds.reduce((sum, { earliest, next }) => sum + next - earliest, 0);
    expect(stored).toBe((results.length - refused.length) * 50_000);
  });
});

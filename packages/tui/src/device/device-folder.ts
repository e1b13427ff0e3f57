/**
 * Which device of its user a terminal is. Each of several terminals of one user on one machine is a device of its own, with a
 * file of its own for what is not sent yet. The lowest number that is free is taken, by SQLite's lock on a file of its own:
 * the kernel lifts it when the process ends, however it ends, so that there is nothing stale to clear away.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OutboxEntry, OutboxStore } from '@rtd/client';
import { fileOutboxStore } from '@rtd/client/node';

export interface Device {
  /** What the server knows it by: `terminal`, `terminal-2`, … */
  readonly name: string;
  readonly outbox: OutboxStore;
  /** Others may have the number. What is in the outbox stays. */
  release(): void;
}

/** Terminals of one user that are open at once; the next one keeps its outbox in memory. */
const MOST_DEVICES = 32;

/**
 * `folder` is for all users and servers. What terminals that are gone have left unsent comes along. Undefined where every number
 * is taken. @throws Error where the folder cannot be written to.
 */
export async function takeDevice(folder: string, server: string, userId: string): Promise<Device | undefined> {
  // A folder a user and server: names have letters that file systems do not tell apart.
  const name = createHash('sha256')
    .update(JSON.stringify([server, userId]))
    .digest('hex')
    .slice(0, 24);
  const own = path.join(folder, name);
  await mkdir(own, { recursive: true, mode: 0o700 });
  for (let number = 1; number <= MOST_DEVICES; number += 1) {
    const lock = tryLock(own, number);
    if (lock === undefined) continue;
    const store = fileOutboxStore(outboxFile(own, number));
    return {
      name: number === 1 ? 'terminal' : `terminal-${number}`,
      outbox: { load: () => loadAll(own, number, store), save: (entries) => store.save(entries) },
      release: () => lock.close(),
    };
  }
  return undefined;
}

function outboxFile(folder: string, number: number): string {
  return path.join(folder, `outbox-${number}.json`);
}

function tryLock(folder: string, number: number): DatabaseSync | undefined {
  const lock = new DatabaseSync(path.join(folder, `lock-${number}.db`), { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

const SQLITE_BUSY = 5;

/** One's own, and what devices that nobody has any more have left; those files go once it is kept here. */
async function loadAll(folder: string, number: number, store: OutboxStore): Promise<readonly OutboxEntry[]> {
  const kept = [...(await store.load())];
  const others = (await readdir(folder))
    .map((file) => Number(/^outbox-(\d+)\.json$/.exec(file)?.[1] ?? number))
    .filter((other) => other !== number);
  for (const other of others) {
    const lock = tryLock(folder, other);
    if (lock === undefined) continue;
    try {
      const file = outboxFile(folder, other);
      const known = new Set(kept.map(({ clientMessageId }) => clientMessageId));
      // A crash between the two steps leaves a message in both files: its clientMessageId makes sending it twice harmless.
      const left = (await fileOutboxStore(file).load()).filter(({ clientMessageId }) => !known.has(clientMessageId));
      if (left.length > 0) {
        kept.push(...left);
        await store.save(kept);
      }
      await rm(file);
    } finally {
      lock.close();
    }
  }
  return kept;
}

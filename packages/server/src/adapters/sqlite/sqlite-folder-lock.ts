/**
 * Keeps two servers out of one data folder. The lock is SQLite's own on a file of its own: the kernel lifts it when the
 * process ends, however it ends, so none is ever left behind; it holds between containers that share a volume, and between
 * servers of one process, where process ids would not tell.
 */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RtdError } from '@rtd/protocol';

const LOCK_FILE = 'lock.db';

/** Takes the lock at once or not at all; `release` gives it back. @throws RtdError CONFLICT when another server has it, UNAVAILABLE */
export function lockFolder(folder: string): { release(): void } {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path.join(folder, LOCK_FILE), { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    if (database?.isOpen === true) database.close();
    if (isBusy(error)) {
      throw new RtdError(
        'CONFLICT',
        `The data folder ${folder} is in use by another server: stop that one, or give this one a folder of its own with --data-dir (RTD_DATA_DIR).`,
        { cause: error },
      );
    }
    throw new RtdError(
      'UNAVAILABLE',
      `The data folder ${folder} cannot be locked: see that this user may write to it, or choose another one with --data-dir (RTD_DATA_DIR).`,
      { cause: error },
    );
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}

/** SQLITE_BUSY, and what extends it. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5
  );
}

/**
 * Revocations in a SQLite file of their own, for the one server of a data folder. Used in this thread: a revocation is
 * rare, and a few milliseconds long.
 */
import { DatabaseSync } from 'node:sqlite';
import { RtdError, UserId } from '@rtd/protocol';
import { z } from 'zod';
import type { RevocationStore } from '../../auth/revocation-store.ts';

const BUSY_MILLIS = 200;
const RevocationRow = z.object({ userId: UserId, at: z.int() });

/** @throws RtdError STORE_UNAVAILABLE that says which file cannot be used */
export function openSqliteRevocationStore(file: string): RevocationStore {
  const database = orUnavailable(file, () => {
    const opened = new DatabaseSync(file, { timeout: BUSY_MILLIS });
    opened.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS revocation (user_id TEXT PRIMARY KEY, revoked_at INTEGER NOT NULL) WITHOUT ROWID`);
    return opened;
  });
  const keep = database.prepare(
    'INSERT INTO revocation VALUES (?, ?) ON CONFLICT DO UPDATE SET revoked_at = max(revoked_at, excluded.revoked_at)',
  );
  const newest = database.prepare(
    'SELECT user_id AS userId, revoked_at AS at FROM revocation ORDER BY revoked_at DESC LIMIT ?',
  );
  return {
    shared: false,
    async keep({ userId, at }) {
      orUnavailable(file, () => keep.run(userId, at));
    },
    async since(_mark, limit) {
      const rows = orUnavailable(file, () => newest.all(limit));
      return { mark: '', revocations: rows.map((row) => RevocationRow.parse(row)).reverse() };
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

function orUnavailable<Value>(file: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    throw new RtdError('STORE_UNAVAILABLE', `${file} cannot be used: see that it can be read and written.`, { cause });
  }
}

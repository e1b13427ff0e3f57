/** Revocations in MySQL or MariaDB, shared by all servers of a database. Its table is made with those of the message store. */
import { RtdError, UserId } from '@rtd/protocol';
import { z } from 'zod';
import type { Revocation, RevocationStore } from '../../auth/revocation-store.ts';
import { DATABASE_NOW } from './append-messages.ts';
import { codeOf, MysqlDatabase, type Row } from './mysql-database.ts';

/** A commit that took longer than this after its statement is not thinkable: connections are given up far earlier. */
const OVERLAP_MILLIS = 30_000;
const CONNECTIONS = 2;

const RevocationRow = z.object({ user_id: UserId, revoked_at: z.int() });

/** Opens no connection before it is asked something. */
export function createMysqlRevocationStore(url: string): RevocationStore {
  const database = new MysqlDatabase(url, CONNECTIONS);
  return {
    shared: true,
    async keep({ userId, at }) {
      await orUnavailable(
        database.write((transaction) =>
          // Changed in this order: an assignment sees the values of those before it.
          transaction.run(
            `INSERT INTO revocation VALUES (?, ?, ${DATABASE_NOW}) ON DUPLICATE KEY UPDATE
             changed_at = if(VALUES(revoked_at) > revoked_at, VALUES(changed_at), changed_at),
             revoked_at = greatest(revoked_at, VALUES(revoked_at))`,
            [userId, at],
          ),
        ),
      );
    },
    since: (mark, limit) =>
      orUnavailable(
        database.read(async (transaction) => {
          const [now] = await transaction.rows(`SELECT ${DATABASE_NOW} AS now`);
          const rows =
            mark === undefined
              ? await transaction.rows('SELECT * FROM revocation ORDER BY revoked_at DESC LIMIT ?', [limit])
              : await transaction.rows('SELECT * FROM revocation WHERE changed_at >= ? ORDER BY revoked_at DESC', [
                  Number(mark) - OVERLAP_MILLIS,
                ]);
          return { mark: String(Number(now?.now)), revocations: rows.map(revocationOf).reverse() };
        }),
      ),
    close: () => database.close().catch(() => {}),
  };
}

function revocationOf(row: Row): Revocation {
  const { user_id: userId, revoked_at: at } = RevocationRow.parse(row);
  return { userId, at };
}

/** Nothing of the database's own words goes on. */
function orUnavailable<Value>(work: Promise<Value>): Promise<Value> {
  return work.catch((cause: unknown) => {
    throw new RtdError('STORE_UNAVAILABLE', `Revocations cannot be read or stored right now (${codeOf(cause)}).`);
  });
}

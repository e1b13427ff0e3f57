/**
 * Brings the database's tables up to this version: the numbered SQL files of `migrations/mysql`, each once, under a lock,
 * so that ten servers may start at once.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { MysqlDatabase } from './mysql-database.ts';

const FOLDER = path.join(import.meta.dirname, '..', '..', '..', 'migrations', 'mysql');
const LOCK_SECONDS = 30;

/** The tables were made by a later version of this program. */
export class NewerSchemaError extends Error {}

/** The version of the tables that this program makes. */
export function knownSchemaVersion(): number {
  return stepFiles().length;
}

function stepFiles(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}-.*\.sql$/.test(file))
    .sort();
}

export async function migrate(database: MysqlDatabase): Promise<void> {
  const files = stepFiles();
  await database.alone(async (connection) => {
    await connection.run(
      'CREATE TABLE IF NOT EXISTS schema_step (version INT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL) ENGINE = InnoDB',
    );
    // The lock ends with its connection, so a server that dies here holds nobody up. Its name is the whole server's.
    const [lock] = await connection.rows("SELECT GET_LOCK(concat('rtd-migrate-', md5(database())), ?) AS taken", [
      LOCK_SECONDS,
    ]);
    if (lock?.taken !== 1) throw new Error('another server has been changing the tables for half a minute');
    const [row] = await connection.rows('SELECT coalesce(max(version), 0) AS version FROM schema_step');
    const version = Number(row?.version ?? 0);
    if (version > files.length)
      throw new NewerSchemaError(`schema version ${version}, this program knows ${files.length}`);
    for (const [index, file] of files.entries()) {
      if (index < version) continue;
      for (const statement of statementsOf(readFileSync(path.join(FOLDER, file), 'utf8')))
        await connection.run(statement);
      await connection.run('INSERT INTO schema_step VALUES (?, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED))', [
        index + 1,
      ]);
    }
  });
}

/** A statement ends with a semicolon at the end of a line; there are no strings over several lines. */
function statementsOf(sql: string): readonly string[] {
  return sql
    .replaceAll(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

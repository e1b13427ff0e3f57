/** Looks at a MySQL or MariaDB and at this program's tables in it, without changing anything. For `rtd doctor`. */
import { type Connection, createConnection } from 'mysql2/promise';
import { z } from 'zod';
import { ProbeFailure, probeFailureOf, withinMillis } from '../probe-failure.ts';
import { knownSchemaVersion } from './migrate.ts';
import { isUnknownDatabase, MysqlDatabase } from './mysql-database.ts';

export interface MysqlProbe {
  /** `10.11.6-MariaDB`, `8.4.3` */
  readonly version: string;
  readonly database: string;
  readonly databaseExists: boolean;
  /** The version of the tables in it; undefined where there are none. */
  readonly schemaVersion: number | undefined;
  /** The version that this program makes and needs. */
  readonly knownSchemaVersion: number;
  readonly maxConnections: number;
  readonly usedConnections: number;
  /** Server variables as they are set, in lower case; one that this database does not have is missing. */
  readonly durability: Readonly<Record<string, string>>;
}

const DURABILITY = ['innodb_flush_log_at_trx_commit', 'innodb_doublewrite', 'log_bin', 'sync_binlog'];
const DENIED: ReadonlySet<string> = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_HOST_NOT_PRIVILEGED',
]);

const Variables = z.array(z.object({ Variable_name: z.string(), Value: z.coerce.string() }));

/** Asks for at most `timeoutMillis`. @throws ProbeFailure */
export async function probeMysql(url: string, timeoutMillis: number): Promise<MysqlProbe> {
  const database = decodeURIComponent(new URL(url).pathname.slice(1));
  const open = { connection: undefined as Connection | undefined };
  const ask = async (): Promise<MysqlProbe> => {
    const connected = await connectTo(url, timeoutMillis);
    const { connection } = connected;
    open.connection = connection;
    const version = z
      .array(z.object({ version: z.string() }))
      .parse((await connection.query('SELECT version() AS version'))[0]);
    const variables = await variablesOf(connection, 'VARIABLES', ['max_connections', ...DURABILITY]);
    const status = await variablesOf(connection, 'STATUS', ['Threads_connected']);
    return {
      version: version[0]?.version ?? 'unknown',
      database,
      databaseExists: connected.databaseExists,
      schemaVersion: connected.databaseExists ? await schemaVersionIn(connection) : undefined,
      knownSchemaVersion: knownSchemaVersion(),
      maxConnections: Number(variables.max_connections ?? 0),
      usedConnections: Number(status.threads_connected ?? 0),
      durability: Object.fromEntries(
        DURABILITY.flatMap((name) => (name in variables ? [[name, variables[name] ?? '']] : [])),
      ),
    };
  };
  try {
    return await withinMillis(timeoutMillis, ask());
  } catch (error) {
    throw probeFailureOf(error, (code) => DENIED.has(code));
  } finally {
    open.connection?.destroy();
  }
}

/** Makes the database that the URL names, empty, where there is none. @throws ProbeFailure */
export async function createMysqlDatabase(url: string): Promise<void> {
  const database = new MysqlDatabase(url);
  try {
    await database.create();
  } catch (error) {
    throw probeFailureOf(error, (code) => DENIED.has(code));
  } finally {
    await database.close();
  }
}

async function connectTo(
  url: string,
  connectTimeout: number,
): Promise<{ readonly connection: Connection; readonly databaseExists: boolean }> {
  try {
    return { connection: await createConnection({ uri: url, connectTimeout }), databaseExists: true };
  } catch (error) {
    if (!isUnknownDatabase(error)) throw error;
    const server = new URL(url);
    server.pathname = '/';
    return { connection: await createConnection({ uri: server.href, connectTimeout }), databaseExists: false };
  }
}

async function variablesOf(
  connection: Connection,
  kind: 'VARIABLES' | 'STATUS',
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const [rows] = await connection.query(`SHOW GLOBAL ${kind} WHERE Variable_name IN (?)`, [names]);
  return Object.fromEntries(
    Variables.parse(rows).map((row) => [row.Variable_name.toLowerCase(), row.Value.toLowerCase()]),
  );
}

async function schemaVersionIn(connection: Connection): Promise<number | undefined> {
  const [tables] = await connection.query("SHOW TABLES LIKE 'schema\\_step'");
  if (!Array.isArray(tables)) throw new ProbeFailure('failed', 'SHOW TABLES');
  if (tables.length === 0) return undefined;
  const [rows] = await connection.query('SELECT max(version) AS version FROM schema_step');
  return z.array(z.object({ version: z.number().nullable() })).parse(rows)[0]?.version ?? undefined;
}

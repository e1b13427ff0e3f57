/**
 * The pool of connections to MySQL or MariaDB, and transactions on it.
 *
 * Promises: a transaction that a deadlock, a lock's time-out or a repeated key has undone is tried again, so what is given
 * to {@link MysqlDatabase.write} must be harmless to repeat; so is one whose connection broke, once, on a new connection.
 * Nothing waits longer than {@link QUERY_MILLIS} for a database that hangs. No error text of the database leaves this folder.
 */
import { type Connection, createConnection, createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { z } from 'zod';

export type Row = Readonly<Record<string, unknown>>;

/** One transaction's connection. */
export interface Transaction {
  /** Rows of a SELECT; `values` fill the question marks, an array of arrays a multi-row VALUES list. */
  rows(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** A statement without rows; resolves with how many rows it inserted, changed or removed. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

const CONNECT_MILLIS = 2_000;
const QUERY_MILLIS = 5_000;
/** One writes, the others read. */
const CONNECTIONS = 5;
const ATTEMPTS = 5;

/** Deadlock, lock wait time-out, and a unique key that another server was faster with: undone as a whole, so try again. */
const UNDONE: ReadonlySet<unknown> = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_DUP_ENTRY',
  'ER_CHECKREAD',
]);
const UNKNOWN_DATABASE = 'ER_BAD_DB_ERROR';

const SESSION = [
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
  // A reader's snapshot is its transaction's; writers lock what they read and see what is committed.
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'SET SESSION innodb_lock_wait_timeout = 3',
];

const Failure = z.object({ code: z.string(), sqlState: z.string().optional() });

export class MysqlDatabase {
  readonly #url: string;
  readonly #pool: Pool;

  /** Opens at most so many connections, each when it is needed. */
  constructor(url: string, connections = CONNECTIONS) {
    this.#url = url;
    this.#pool = createPool({
      uri: url,
      charset: 'UTF8MB4_BIN',
      timezone: 'Z',
      connectTimeout: CONNECT_MILLIS,
      connectionLimit: connections,
      maxIdle: connections,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
    });
  }

  /** All of `work` or nothing of it, durable when it resolves. */
  write<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.#attempt('START TRANSACTION', work);
  }

  /** `work` sees one moment of the database. */
  read<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.#attempt('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', work);
  }

  /** Makes the database that the URL names where there is none and the user may. */
  async create(): Promise<void> {
    const url = new URL(this.#url);
    const name = decodeURIComponent(url.pathname.slice(1));
    url.pathname = '/';
    const connection = await createConnection({ uri: url.href, connectTimeout: CONNECT_MILLIS });
    try {
      await connection.query('CREATE DATABASE IF NOT EXISTS ?? CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', [name]);
    } finally {
      connection.destroy();
    }
  }

  /** One connection for work that a transaction cannot hold (DDL, named locks). */
  async alone<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const connection = await this.#pool.getConnection();
    try {
      return await work(transactionOn(connection));
    } finally {
      connection.destroy();
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #attempt<Result>(begin: string, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(begin, work);
      } catch (error) {
        if (attempt >= ATTEMPTS || !(isUndone(error) || (attempt === 1 && isBrokenConnection(error)))) throw error;
      }
    }
  }

  async #once<Result>(begin: string, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const connection = await this.#connection(begin);
    const transaction = transactionOn(connection);
    try {
      await transaction.run(begin);
      const result = await work(transaction);
      await transaction.run('COMMIT');
      connection.release();
      return result;
    } catch (error) {
      await this.#giveBack(connection, error);
      throw error;
    }
  }

  async #connection(begin: string): Promise<PoolConnection> {
    const connection = await this.#pool.getConnection();
    try {
      // A fresh connection and a used one are not told apart by the pool; the settings cost one short trip each.
      if (!prepared.has(connection.connection)) {
        for (const setting of SESSION) await connection.query({ sql: setting, timeout: QUERY_MILLIS });
        prepared.add(connection.connection);
      }
      if (begin.includes('SNAPSHOT')) {
        await connection.query({ sql: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', timeout: QUERY_MILLIS });
      }
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** What has failed in the database's own words is rolled back; a connection that broke or timed out is thrown away. */
  async #giveBack(connection: PoolConnection, error: unknown): Promise<void> {
    if (Failure.safeParse(error).data?.sqlState === undefined) return connection.destroy();
    try {
      await connection.query({ sql: 'ROLLBACK', timeout: QUERY_MILLIS });
      connection.release();
    } catch {
      connection.destroy();
    }
  }
}

/** The connections that have their session settings. */
const prepared = new WeakSet<object>();

function transactionOn(connection: Pick<Connection, 'query'>): Transaction {
  return {
    async rows(sql, values = []) {
      const [rows] = await connection.query({ sql, timeout: QUERY_MILLIS }, [...values]);
      return z.array(z.record(z.string(), z.unknown())).parse(rows);
    },
    async run(sql, values = []) {
      const [header] = await connection.query({ sql, timeout: QUERY_MILLIS }, [...values]);
      return z.object({ affectedRows: z.int() }).parse(header).affectedRows;
    },
  };
}

function isUndone(error: unknown): boolean {
  return UNDONE.has(Failure.safeParse(error).data?.code);
}

/** No answer of the database at all: the connection was cut, refused or timed out. */
export function isBrokenConnection(error: unknown): boolean {
  const failure = Failure.safeParse(error);
  return failure.success && failure.data.sqlState === undefined;
}

export function isUnknownDatabase(error: unknown): boolean {
  return Failure.safeParse(error).data?.code === UNKNOWN_DATABASE;
}

/** For the log and the operator: the database's own code, and never the URL. */
export function codeOf(error: unknown): string {
  return Failure.safeParse(error).data?.code ?? (error instanceof Error ? error.name : 'unknown');
}

/**
 * What a pool of connections does without a chat around it: 50 callers, each INSERT committed on its own and at the same
 * time as others', so that MariaDB may share their syncs. No seqs without holes, no repeats found, no server, no clients.
 */
import { randomUUID } from 'node:crypto';
import { createPool, type Pool } from 'mysql2/promise';

/** As large as pools are by default. */
const CONNECTIONS = 10;

export class BareInserts implements AsyncDisposable {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** In a table of its own, in a database that exists. */
  static async open(url: string): Promise<BareInserts> {
    const pool = createPool({ uri: url, connectionLimit: CONNECTIONS });
    await pool.query(
      'CREATE TABLE bare (seq BIGINT AUTO_INCREMENT PRIMARY KEY, id CHAR(36) UNIQUE, content TEXT, sent_at BIGINT) ENGINE = InnoDB',
    );
    return new BareInserts(pool);
  }

  /** Inserts a second, over `millis`. */
  async rateOf(callers: number, content: string, millis: number): Promise<number> {
    const start = performance.now();
    let inserted = 0;
    const call = async (): Promise<void> => {
      while (performance.now() - start < millis) {
        await this.#pool.query('INSERT INTO bare (id, content, sent_at) VALUES (?, ?, ?)', [
          randomUUID(),
          content,
          Date.now(),
        ]);
        inserted += 1;
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    return (inserted / (performance.now() - start)) * 1_000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}

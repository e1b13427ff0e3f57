/** Removes every message, conversation and cursor from the database. Who has lost access stays out: that table is kept. */
import { MysqlDatabase } from './mysql-database.ts';

/** Those of `migrations/mysql` that the message store has, and the note of which steps were taken: they are made anew. */
const TABLES = [
  'message',
  'member',
  'conversation',
  'read_cursor',
  'device',
  'device_cursor',
  'delivered_ahead',
  'schema_step',
];

/** For a store that nobody uses at this moment. Rejects with what the driver throws. */
export async function dropMessageTables(url: string): Promise<void> {
  const database = new MysqlDatabase(url);
  try {
    await database.alone((connection) => connection.run(`DROP TABLE IF EXISTS ${TABLES.join(', ')}`));
  } finally {
    await database.close();
  }
}

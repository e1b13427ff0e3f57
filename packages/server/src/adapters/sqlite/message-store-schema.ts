/** The tables of the SQLite message store, as numbered steps: a file of an older version is brought up, a newer one refused. */
import type { DatabaseSync } from 'node:sqlite';

/** Step n brings a file from version n to n + 1. Never change one that was released: add another. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE commits (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), number INTEGER NOT NULL);
  INSERT INTO commits VALUES (1, 0);

  -- changed: the number of the commit that last moved last_seq or roster; the sweep looks for the newest.
  CREATE TABLE conversation (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT, creator_id TEXT,
    last_seq INTEGER NOT NULL, roster INTEGER NOT NULL, changed INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX conversation_changed ON conversation (changed);
  INSERT INTO conversation VALUES ('global', 'global', NULL, NULL, 0, 0, 0);

  CREATE TABLE member (
    conversation_id TEXT NOT NULL, user_id TEXT NOT NULL, joined_seq INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
  ) WITHOUT ROWID;
  CREATE INDEX member_user ON member (user_id);

  -- position: the order of commit over all conversations.
  CREATE TABLE message (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL, conversation_id TEXT NOT NULL, seq INTEGER NOT NULL,
    sender_id TEXT NOT NULL, sender_name TEXT NOT NULL, recipient_id TEXT, content TEXT NOT NULL,
    client_message_id TEXT, sent_at INTEGER NOT NULL, roster INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX message_id ON message (id);
  CREATE UNIQUE INDEX message_place ON message (conversation_id, seq);
  CREATE UNIQUE INDEX message_once ON message (sender_id, client_message_id) WHERE client_message_id IS NOT NULL;

  -- A user's cursors; delivered_seq is that of the furthest device. They outlive a membership.
  CREATE TABLE cursor (
    conversation_id TEXT NOT NULL, user_id TEXT NOT NULL,
    read_seq INTEGER NOT NULL DEFAULT 0, delivered_seq INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, user_id)
  ) WITHOUT ROWID;
  CREATE INDEX cursor_user ON cursor (user_id);

  CREATE TABLE device (user_id TEXT NOT NULL, device TEXT NOT NULL, PRIMARY KEY (user_id, device)) WITHOUT ROWID;
  CREATE TABLE device_cursor (
    user_id TEXT NOT NULL, device TEXT NOT NULL, conversation_id TEXT NOT NULL, delivered_seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, device, conversation_id)
  ) WITHOUT ROWID;
  `,
  `
  -- What a device has acknowledged behind its cursor, one by one; gone when the cursor has reached it.
  CREATE TABLE delivered_ahead (
    user_id TEXT NOT NULL, device TEXT NOT NULL, conversation_id TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, device, conversation_id, seq)
  ) WITHOUT ROWID;
  `,
];

/** The file was written by a later version of this program. */
export class NewerSchemaError extends Error {}

/** Brings the file up to this version, one transaction a step; safe when two processes start at once. */
export function migrate(database: DatabaseSync): void {
  database.exec('CREATE TABLE IF NOT EXISTS schema_step (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)');
  const versionOf = database.prepare('SELECT coalesce(max(version), 0) AS version FROM schema_step');
  const record = database.prepare("INSERT INTO schema_step VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))");
  for (;;) {
    database.exec('BEGIN IMMEDIATE');
    try {
      const version = Number(versionOf.get()?.version ?? 0);
      if (version > STEPS.length)
        throw new NewerSchemaError(`schema version ${version}, this program knows ${STEPS.length}`);
      const step = STEPS[version];
      if (step === undefined) {
        database.exec('ROLLBACK');
        return;
      }
      database.exec(step);
      record.run(version + 1);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

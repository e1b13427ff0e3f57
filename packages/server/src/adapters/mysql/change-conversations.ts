/** New conversations, their members, and devices that are seen for the first time. */
import type { ConversationId, DeviceId, UserId } from '@rtd/protocol';
import type { ConversationRecord, NewConversationRecord } from '../../chat/message-store.ts';
import { DATABASE_NOW } from './append-messages.ts';
import type { Transaction } from './mysql-database.ts';
import { conversationRecord } from './mysql-rows.ts';
import { done, notAMember, type Outcome, refused } from './outcome.ts';
import { isMember, readConversation } from './read-store.ts';

export interface MemberChange {
  readonly change: 'add' | 'remove';
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly expectedRoster: number;
}

export async function createConversation(
  transaction: Transaction,
  { id, kind, title, creatorId, members }: NewConversationRecord,
): Promise<Outcome<ConversationRecord>> {
  const inserted = await transaction.run(`INSERT IGNORE INTO conversation VALUES (?, ?, ?, ?, 0, 1, ${DATABASE_NOW})`, [
    id,
    kind,
    title,
    creatorId,
  ]);
  if (inserted === 0) {
    return refused('CONFLICT', 'A conversation with that id exists already: choose another id.');
  }
  await transaction.run('INSERT INTO member VALUES ?', [[...new Set(members)].map((userId) => [id, userId, 0])]);
  const made = await readConversation(transaction, id);
  if (made === undefined) throw new Error('a conversation is gone in the transaction that made it');
  return done(made);
}

export async function changeMember(
  transaction: Transaction,
  { change, conversationId, userId, expectedRoster }: MemberChange,
): Promise<Outcome<ConversationRecord | undefined>> {
  const [row] = await transaction.rows('SELECT * FROM conversation WHERE id = ? FOR UPDATE', [conversationId]);
  if (row === undefined) return notAMember();
  const { roster, lastSeq } = conversationRecord(row, []);
  if (roster !== expectedRoster) return done(undefined);
  const isIn = await isMember(transaction, conversationId, userId);
  if (isIn !== (change === 'add')) {
    if (change === 'add') {
      await transaction.run('INSERT INTO member VALUES (?, ?, ?)', [conversationId, userId, lastSeq]);
    } else {
      await transaction.run('DELETE FROM member WHERE conversation_id = ? AND user_id = ?', [conversationId, userId]);
    }
    await transaction.run(`UPDATE conversation SET roster = roster + 1, changed_at = ${DATABASE_NOW} WHERE id = ?`, [
      conversationId,
    ]);
  }
  return done(await readConversation(transaction, conversationId));
}

/** A device that is new starts where the user's other devices are. */
export async function knowDevice(transaction: Transaction, userId: UserId, device: DeviceId): Promise<void> {
  if ((await transaction.run('INSERT IGNORE INTO device VALUES (?, ?)', [userId, device])) === 0) return;
  await transaction.run(
    `INSERT IGNORE INTO device_cursor
     SELECT user_id, ?, conversation_id, delivered_seq FROM read_cursor WHERE user_id = ? AND delivered_seq > 0`,
    [device, userId],
  );
}

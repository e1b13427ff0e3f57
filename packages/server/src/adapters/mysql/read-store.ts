/** What can be asked of the store; each in a transaction that sees one moment. */
import { ConversationId, type DeviceId, type MessageId, type UserId } from '@rtd/protocol';
import { z } from 'zod';
import { inboxContents } from '../../chat/inbox-contents.ts';
import type {
  ChangeMark,
  CommittedMessage,
  ConversationChange,
  ConversationRecord,
  ConversationView,
  InboxContents,
  MemberProgress,
  MessageRange,
} from '../../chat/message-store.ts';
import { DATABASE_NOW } from './append-messages.ts';
import type { Row, Transaction } from './mysql-database.ts';
import { committedMessage, conversationRecord, MESSAGE_COLUMNS, memberProgress } from './mysql-rows.ts';
import { done, notAMember, type Outcome } from './outcome.ts';

/** Exact counts of unread messages end here: counting costs a step a message. */
const COUNTED_UNREAD = 1_000;
const LISTED_CONVERSATIONS = 1_000;
/** A commit that took longer than this after its statements is not thinkable: connections are given up far earlier. */
const OVERLAP_MILLIS = 30_000;

export async function readMessages(
  transaction: Transaction,
  conversationId: ConversationId,
  { after, before, limit }: MessageRange,
  viewer: UserId | undefined,
): Promise<Outcome<{ messages: readonly CommittedMessage[]; progress: readonly MemberProgress[] }>> {
  if (viewer !== undefined && conversationId !== 'global' && !(await isMember(transaction, conversationId, viewer))) {
    return notAMember();
  }
  const newest = after === undefined;
  const rows = await transaction.rows(
    `SELECT ${MESSAGE_COLUMNS} FROM message m
     WHERE m.conversation_id = ? AND m.seq > ? AND m.seq < ? ORDER BY m.seq ${newest ? 'DESC' : 'ASC'} LIMIT ?`,
    [conversationId, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, limit],
  );
  const messages = rows.map(committedMessage);
  return done({
    messages: newest ? messages.reverse() : messages,
    progress: viewer === undefined ? [] : await progressOf(transaction, conversationId),
  });
}

export async function readMessage(transaction: Transaction, id: MessageId): Promise<CommittedMessage | undefined> {
  const [row] = await transaction.rows(`SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.id = ?`, [id]);
  return row === undefined ? undefined : committedMessage(row);
}

export async function readConversation(
  transaction: Transaction,
  id: ConversationId,
): Promise<ConversationRecord | undefined> {
  const [row] = await transaction.rows('SELECT * FROM conversation WHERE id = ?', [id]);
  if (row === undefined) return undefined;
  const members = await progressOf(transaction, id);
  return conversationRecord(
    row,
    members.map((member) => member.userId),
  );
}

export async function readConversationsOf(
  transaction: Transaction,
  userId: UserId,
): Promise<readonly ConversationView[]> {
  const global = await transaction.rows("SELECT c.*, 0 AS joined_seq FROM conversation c WHERE c.id = 'global'");
  const own = await transaction.rows(
    `SELECT c.*, b.joined_seq FROM member b JOIN conversation c ON c.id = b.conversation_id
     WHERE b.user_id = ? ORDER BY c.changed_at DESC, c.id LIMIT ?`,
    [userId, LISTED_CONVERSATIONS],
  );
  const views: ConversationView[] = [];
  for (const row of [...global, ...own]) views.push(await viewOf(transaction, row, userId));
  return views;
}

async function viewOf(transaction: Transaction, row: Row, userId: UserId): Promise<ConversationView> {
  const progress = await progressOf(transaction, ConversationId.parse(row.id));
  const conversation = conversationRecord(
    row,
    progress.map((member) => member.userId),
  );
  const [cursor] = await transaction.rows(
    'SELECT read_seq FROM read_cursor WHERE conversation_id = ? AND user_id = ?',
    [conversation.id, userId],
  );
  const readSeq = Number(cursor?.read_seq ?? 0);
  const start = Math.max(readSeq, Number(row.joined_seq));
  const span = conversation.lastSeq - start;
  const [last] = await transaction.rows(
    `SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.conversation_id = ? ORDER BY m.seq DESC LIMIT 1`,
    [conversation.id],
  );
  return {
    conversation,
    progress,
    readSeq,
    unread: span > 0 && span < COUNTED_UNREAD ? await othersBehind(transaction, conversation.id, start, userId) : span,
    lastMessage: last === undefined ? undefined : committedMessage(last).message,
  };
}

async function othersBehind(
  transaction: Transaction,
  conversationId: ConversationId,
  seq: number,
  userId: UserId,
): Promise<number> {
  const [row] = await transaction.rows(
    'SELECT count(*) AS number FROM message WHERE conversation_id = ? AND seq > ? AND sender_id <> ?',
    [conversationId, seq, userId],
  );
  return Number(row?.number ?? 0);
}

const AheadRow = z.object({ conversation_id: ConversationId, seq: z.int() });
const WaitingRow = z.object({ id: ConversationId, last_seq: z.int(), from_seq: z.int() });

export async function readInbox(
  transaction: Transaction,
  userId: UserId,
  device: DeviceId,
  limit: number,
  only: ConversationId | undefined,
): Promise<InboxContents | 'unknown device'> {
  const [known] = await transaction.rows('SELECT 1 FROM device WHERE user_id = ? AND device = ?', [userId, device]);
  if (known === undefined) return 'unknown device';
  const waiting = `SELECT b.conversation_id AS id, c.last_seq, greatest(coalesce(d.delivered_seq, 0), b.joined_seq) AS from_seq
     FROM member b JOIN conversation c ON c.id = b.conversation_id
     LEFT JOIN device_cursor d ON d.user_id = b.user_id AND d.device = ? AND d.conversation_id = b.conversation_id
     WHERE b.user_id = ? ${only === undefined ? '' : 'AND b.conversation_id = ?'}`;
  const whose = [device, userId, ...(only === undefined ? [] : [only])];
  const rows = await transaction.rows(
    `SELECT ${MESSAGE_COLUMNS} FROM (${waiting}) w JOIN message m ON m.conversation_id = w.id AND m.seq > w.from_seq
     LEFT JOIN delivered_ahead a
       ON a.user_id = ? AND a.device = ? AND a.conversation_id = m.conversation_id AND a.seq = m.seq
     WHERE w.last_seq > w.from_seq AND a.seq IS NULL ORDER BY m.position DESC LIMIT ?`,
    [...whose, userId, device, limit],
  );
  const messages = rows.map(committedMessage).reverse();
  const spans = (await transaction.rows(waiting, whose))
    .map((row) => WaitingRow.parse(row))
    .map(({ id: conversationId, last_seq: to, from_seq: from }) => ({ conversationId, from, to }));
  const ahead = await transaction.rows(
    `SELECT conversation_id, seq FROM delivered_ahead WHERE user_id = ? AND device = ?
     ${only === undefined ? '' : 'AND conversation_id = ?'} ORDER BY seq`,
    [userId, device, ...(only === undefined ? [] : [only])],
  );
  const places = ahead
    .map((row) => AheadRow.parse(row))
    .map(({ conversation_id: conversationId, seq }) => ({ conversationId, seq }));
  return inboxContents(messages, spans, places);
}

const ChangeRow = z.object({ id: ConversationId, last_seq: z.int(), roster: z.int() });

/** The mark is the database's clock. What was under way when it was made is looked at again: more than asked is allowed. */
export async function readChanges(
  transaction: Transaction,
  mark: ChangeMark | undefined,
): Promise<{ readonly mark: ChangeMark; readonly changes: readonly ConversationChange[] }> {
  const [row] = await transaction.rows(`SELECT ${DATABASE_NOW} AS now`);
  const now = Number(row?.now);
  if (mark === undefined) return { mark: String(now), changes: [] };
  const rows = await transaction.rows('SELECT id, last_seq, roster FROM conversation WHERE changed_at >= ?', [
    Number(mark) - OVERLAP_MILLIS,
  ]);
  return {
    mark: String(now),
    changes: rows
      .map((change) => ChangeRow.parse(change))
      .map(({ id, last_seq: lastSeq, roster }) => ({ conversationId: id, lastSeq, roster })),
  };
}

export async function isMember(
  transaction: Transaction,
  conversationId: ConversationId,
  userId: UserId,
): Promise<boolean> {
  const [row] = await transaction.rows('SELECT 1 FROM member WHERE conversation_id = ? AND user_id = ?', [
    conversationId,
    userId,
  ]);
  return row !== undefined;
}

async function progressOf(
  transaction: Transaction,
  conversationId: ConversationId,
): Promise<readonly MemberProgress[]> {
  const rows = await transaction.rows(
    `SELECT b.user_id, b.joined_seq, coalesce(r.read_seq, 0) AS read_seq, coalesce(r.delivered_seq, 0) AS delivered_seq
     FROM member b LEFT JOIN read_cursor r ON r.conversation_id = b.conversation_id AND r.user_id = b.user_id
     WHERE b.conversation_id = ? ORDER BY b.user_id`,
    [conversationId],
  );
  return rows.map(memberProgress);
}

/** What can be asked of the message store; each call inside a transaction that somebody else begins, so it sees one snapshot. */
import type { DatabaseSync } from 'node:sqlite';
import { inboxContents } from '../../chat/inbox-contents.ts';
import { NOT_A_MEMBER } from '../../chat/refusals.ts';
import type { ReadCall, Refused } from './message-store-calls.ts';
import { committedMessage, conversationRecord, integer, MESSAGE_COLUMNS, text } from './message-store-rows.ts';

/** What a call resolves with, or Refused. */
export type Reads = (call: ReadCall) => unknown;

/** Exact counts of unread messages end here: counting costs a step a message. */
const COUNTED_UNREAD = 1_000;
const LISTED_CONVERSATIONS = 1_000;

const FORBIDDEN: Refused = { refused: 'FORBIDDEN', message: NOT_A_MEMBER };

export function prepareReads(database: DatabaseSync): Reads {
  const conversationOf = database.prepare('SELECT * FROM conversation WHERE id = ?');
  const memberOf = database.prepare('SELECT joined_seq FROM member WHERE conversation_id = ? AND user_id = ?');
  const progressOf = database.prepare(
    `SELECT b.user_id, b.joined_seq, coalesce(c.read_seq, 0) AS read_seq, coalesce(c.delivered_seq, 0) AS delivered_seq
     FROM member b LEFT JOIN cursor c ON c.conversation_id = b.conversation_id AND c.user_id = b.user_id
     WHERE b.conversation_id = ? ORDER BY b.user_id`,
  );
  const oldestAfter = database.prepare(
    `SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.conversation_id = ? AND m.seq > ? AND m.seq < ? ORDER BY m.seq LIMIT ?`,
  );
  const newestBefore = database.prepare(
    `SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.conversation_id = ? AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`,
  );
  const byId = database.prepare(`SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.id = ?`);
  const readSeqOf = database.prepare('SELECT read_seq FROM cursor WHERE conversation_id = ? AND user_id = ?');
  const othersBehind = database.prepare(
    'SELECT count(*) AS number FROM message WHERE conversation_id = ? AND seq > ? AND sender_id <> ?',
  );
  const listed = database.prepare(
    `SELECT c.*, b.joined_seq FROM member b JOIN conversation c ON c.id = b.conversation_id
     WHERE b.user_id = ? ORDER BY c.changed DESC, c.id LIMIT ${LISTED_CONVERSATIONS}`,
  );
  const deviceOf = database.prepare('SELECT 1 FROM device WHERE user_id = ? AND device = ?');
  const WAITING = `SELECT b.conversation_id AS id, c.last_seq, max(coalesce(d.delivered_seq, 0), b.joined_seq) AS from_seq
     FROM member b JOIN conversation c ON c.id = b.conversation_id
     LEFT JOIN device_cursor d
       ON d.user_id = b.user_id AND d.device = :device AND d.conversation_id = b.conversation_id
     WHERE b.user_id = :user AND (:only IS NULL OR b.conversation_id = :only)`;
  const waiting = database.prepare(WAITING);
  const newestWaiting = database.prepare(
    `SELECT ${MESSAGE_COLUMNS} FROM (${WAITING}) w JOIN message m ON m.conversation_id = w.id AND m.seq > w.from_seq
     WHERE w.last_seq > w.from_seq AND NOT EXISTS (
       SELECT 1 FROM delivered_ahead a
       WHERE a.user_id = :user AND a.device = :device AND a.conversation_id = w.id AND a.seq = m.seq)
     ORDER BY m.position DESC LIMIT :limit`,
  );
  const acknowledgedAhead = database.prepare(
    `SELECT a.conversation_id AS id, a.seq FROM delivered_ahead a
     WHERE a.user_id = :user AND a.device = :device AND (:only IS NULL OR a.conversation_id = :only) ORDER BY a.seq`,
  );
  const commitNumber = database.prepare('SELECT number FROM commits');
  const changed = database.prepare('SELECT id, last_seq, roster FROM conversation WHERE changed > ?');

  const progress = (conversationId: string) =>
    progressOf.all(conversationId).map((row) => ({
      userId: text(row, 'user_id'),
      joinedSeq: integer(row, 'joined_seq'),
      readSeq: integer(row, 'read_seq'),
      deliveredSeq: integer(row, 'delivered_seq'),
    }));

  function messages(call: Extract<ReadCall, { call: 'messages' }>): unknown {
    const { conversationId, after, before, limit, viewer } = call;
    if (viewer !== undefined && conversationId !== 'global' && memberOf.get(conversationId, viewer) === undefined) {
      return FORBIDDEN;
    }
    const end = before ?? Number.MAX_SAFE_INTEGER;
    const rows =
      after === undefined
        ? newestBefore.all(conversationId, end, limit).reverse()
        : oldestAfter.all(conversationId, after, end, limit);
    return {
      messages: rows.map(committedMessage),
      progress: viewer === undefined ? [] : progress(conversationId),
    };
  }

  function view(row: Parameters<typeof conversationRecord>[0], userId: string, joinedSeq: number): unknown {
    const id = text(row, 'id');
    const members = progress(id);
    const cursor = readSeqOf.get(id, userId);
    const readSeq = cursor === undefined ? 0 : integer(cursor, 'read_seq');
    const start = Math.max(readSeq, joinedSeq);
    const span = integer(row, 'last_seq') - start;
    const [last] = newestBefore.all(id, Number.MAX_SAFE_INTEGER, 1);
    return {
      conversation: conversationRecord(
        row,
        members.map((member) => member.userId),
      ),
      progress: members,
      readSeq,
      unread: span > 0 && span < COUNTED_UNREAD ? Number(othersBehind.get(id, start, userId)?.number ?? 0) : span,
      lastMessage: last === undefined ? undefined : committedMessage(last).message,
    };
  }

  function inbox(call: Extract<ReadCall, { call: 'inbox' }>): unknown {
    if (deviceOf.get(call.userId, call.device) === undefined) return 'unknown device';
    const whose = { user: call.userId, device: call.device, only: call.only ?? null };
    const rows = newestWaiting
      .all({ ...whose, limit: call.limit })
      .reverse()
      .map(committedMessage);
    return inboxContents(
      rows,
      waiting.all(whose).map((row) => ({
        conversationId: text(row, 'id'),
        from: integer(row, 'from_seq'),
        to: integer(row, 'last_seq'),
      })),
      acknowledgedAhead.all(whose).map((row) => ({ conversationId: text(row, 'id'), seq: integer(row, 'seq') })),
    );
  }

  function changedSince(mark: string | undefined): unknown {
    const row = commitNumber.get();
    const now = row === undefined ? 0 : integer(row, 'number');
    const changes =
      mark === undefined || Number(mark) === now
        ? []
        : changed.all(Number(mark)).map((change) => ({
            conversationId: text(change, 'id'),
            lastSeq: integer(change, 'last_seq'),
            roster: integer(change, 'roster'),
          }));
    return { mark: String(now), changes };
  }

  return (call) => {
    switch (call.call) {
      case 'messages':
        return messages(call);
      case 'message': {
        const row = byId.get(call.id);
        return row === undefined ? undefined : committedMessage(row);
      }
      case 'conversation': {
        const row = conversationOf.get(call.id);
        return row === undefined
          ? undefined
          : conversationRecord(
              row,
              progress(call.id).map((member) => member.userId),
            );
      }
      case 'conversationsOf': {
        const global = conversationOf.get('global');
        const own = listed.all(call.userId).map((row) => view(row, call.userId, integer(row, 'joined_seq')));
        return global === undefined ? own : [view(global, call.userId, 0), ...own];
      }
      case 'inbox':
        return inbox(call);
      case 'changedSince':
        return changedSince(call.mark);
    }
  };
}

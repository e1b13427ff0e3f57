/** Rows of the message store's tables as what the port speaks of. A column of another type than the schema's is a corrupt file. */
import type { SQLOutputValue } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

export const MESSAGE_COLUMNS =
  'm.id, m.conversation_id, m.seq, m.sender_id, m.sender_name, m.recipient_id, m.content, m.client_message_id, m.sent_at, m.roster';

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds ${typeof value}, not text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} holds ${typeof value}, not a number`);
  return value;
}

/** A CommittedMessage. Absent fields are left out, as on the wire. */
export function committedMessage(row: Row) {
  const recipientId = textOrNull(row, 'recipient_id');
  const clientMessageId = textOrNull(row, 'client_message_id');
  return {
    message: {
      id: text(row, 'id'),
      conversationId: text(row, 'conversation_id'),
      seq: integer(row, 'seq'),
      senderId: text(row, 'sender_id'),
      senderName: text(row, 'sender_name'),
      ...(recipientId === null ? {} : { recipientId }),
      type: 'TEXT',
      content: text(row, 'content'),
      ...(clientMessageId === null ? {} : { clientMessageId }),
      timestamp: new Date(integer(row, 'sent_at')).toISOString(),
    },
    roster: integer(row, 'roster'),
  };
}

/** A ConversationRecord. */
export function conversationRecord(row: Row, members: readonly string[]) {
  return {
    id: text(row, 'id'),
    kind: text(row, 'kind'),
    title: textOrNull(row, 'title'),
    creatorId: textOrNull(row, 'creator_id'),
    lastSeq: integer(row, 'last_seq'),
    roster: integer(row, 'roster'),
    members,
  };
}

/** Rows of the tables as what the port speaks of. A value that does not fit is a damaged or foreign table, and throws. */
import { ClientMessageId, ConversationId, ConversationKind, MessageId, UserId } from '@rtd/protocol';
import { z } from 'zod';
import type { CommittedMessage, ConversationRecord, MemberProgress } from '../../chat/message-store.ts';
import type { Row } from './mysql-database.ts';

export const MESSAGE_COLUMNS =
  'm.id, m.conversation_id, m.seq, m.sender_id, m.sender_name, m.recipient_id, m.content, m.client_message_id, m.sent_at, m.roster';

const MessageRow = z.object({
  id: MessageId,
  conversation_id: ConversationId,
  seq: z.int(),
  sender_id: UserId,
  sender_name: z.string(),
  recipient_id: UserId.nullable(),
  content: z.string(),
  client_message_id: z.instanceof(Buffer).nullable(),
  sent_at: z.int(),
  roster: z.int(),
});

/** Absent fields are left out, as on the wire. */
export function committedMessage(row: Row): CommittedMessage {
  const fields = MessageRow.parse(row);
  return {
    message: {
      id: fields.id,
      conversationId: fields.conversation_id,
      seq: fields.seq,
      senderId: fields.sender_id,
      senderName: fields.sender_name,
      ...(fields.recipient_id === null ? {} : { recipientId: fields.recipient_id }),
      type: 'TEXT',
      content: fields.content,
      ...(fields.client_message_id === null
        ? {}
        : { clientMessageId: ClientMessageId.parse(fields.client_message_id.toString('utf8')) }),
      timestamp: new Date(fields.sent_at).toISOString(),
    },
    roster: fields.roster,
  };
}

const ConversationRow = z.object({
  id: ConversationId,
  kind: ConversationKind,
  title: z.string().nullable(),
  creator_id: UserId.nullable(),
  last_seq: z.int(),
  roster: z.int(),
});

export function conversationRecord(row: Row, members: readonly UserId[]): ConversationRecord {
  const { id, kind, title, creator_id: creatorId, last_seq: lastSeq, roster } = ConversationRow.parse(row);
  return { id, kind, title, creatorId, lastSeq, roster, members };
}

export const MemberRow = z.object({ conversation_id: ConversationId, user_id: UserId });

const ProgressRow = z.object({
  user_id: UserId,
  joined_seq: z.int(),
  read_seq: z.int(),
  delivered_seq: z.int(),
});

export function memberProgress(row: Row): MemberProgress {
  const fields = ProgressRow.parse(row);
  return {
    userId: fields.user_id,
    joinedSeq: fields.joined_seq,
    readSeq: fields.read_seq,
    deliveredSeq: fields.delivered_seq,
  };
}

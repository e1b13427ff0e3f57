/**
 * The changes that the message store makes, inside a transaction that somebody else begins and ends.
 * A call either does all that it says, or returns Refused and has done nothing.
 */
import type { DatabaseSync } from 'node:sqlite';
import { MAX_AHEAD, type NewMessage } from '../../chat/message-store.ts';
import { NOT_A_MEMBER } from '../../chat/refusals.ts';
import type { Refused, WriteCall } from './message-store-calls.ts';
import {
  committedMessage,
  conversationRecord,
  integer,
  MESSAGE_COLUMNS,
  type Row,
  text,
} from './message-store-rows.ts';

/** What a call resolves with, or Refused. */
export type Writes = (call: WriteCall) => unknown;

export function isRefused(value: unknown): value is Refused {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

const FORBIDDEN: Refused = { refused: 'FORBIDDEN', message: NOT_A_MEMBER };
const RECIPIENT_NOT_IN: Refused = {
  refused: 'FORBIDDEN',
  message: 'The recipient is not a member of that conversation.',
};

export function prepareWrites(database: DatabaseSync): { readonly write: Writes; beginCommit(): void } {
  const nextCommit = database.prepare('UPDATE commits SET number = number + 1 RETURNING number');
  const byKey = database.prepare(
    `SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.sender_id = ? AND m.client_message_id = ?`,
  );
  const byId = database.prepare(`SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.id = ?`);
  const conversationOf = database.prepare('SELECT * FROM conversation WHERE id = ?');
  const addConversation = database.prepare('INSERT INTO conversation VALUES (?, ?, ?, ?, 0, 1, ?)');
  const membersOf = database.prepare('SELECT user_id FROM member WHERE conversation_id = ?');
  const memberOf = database.prepare('SELECT joined_seq FROM member WHERE conversation_id = ? AND user_id = ?');
  const addMember = database.prepare('INSERT INTO member VALUES (?, ?, ?)');
  const dropMember = database.prepare('DELETE FROM member WHERE conversation_id = ? AND user_id = ?');
  const moveRoster = database.prepare('UPDATE conversation SET roster = roster + 1, changed = ? WHERE id = ?');
  const moveLastSeq = database.prepare('UPDATE conversation SET last_seq = ?, changed = ? WHERE id = ?');
  const addMessage = database.prepare('INSERT INTO message VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const cursorOf = database.prepare(
    'SELECT read_seq, delivered_seq FROM cursor WHERE conversation_id = ? AND user_id = ?',
  );
  const moveRead = database.prepare(
    `INSERT INTO cursor (conversation_id, user_id, read_seq, delivered_seq) VALUES (?, ?, ?3, ?3)
     ON CONFLICT DO UPDATE SET read_seq = max(read_seq, ?3), delivered_seq = max(delivered_seq, ?3)`,
  );
  const moveDelivered = database.prepare(
    `INSERT INTO cursor (conversation_id, user_id, delivered_seq) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET delivered_seq = max(delivered_seq, excluded.delivered_seq)`,
  );
  const moveDevice = database.prepare(
    `INSERT INTO device_cursor VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET delivered_seq = max(delivered_seq, excluded.delivered_seq)`,
  );
  const addAhead = database.prepare('INSERT INTO delivered_ahead VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const anyAhead = database.prepare('SELECT EXISTS (SELECT 1 FROM delivered_ahead) AS found');
  const dropReached = database.prepare(
    'DELETE FROM delivered_ahead WHERE user_id = ? AND device = ? AND conversation_id = ? AND seq <= ?',
  );
  const addDevice = database.prepare('INSERT INTO device VALUES (?, ?) ON CONFLICT DO NOTHING');
  const startDevice = database.prepare(
    `INSERT INTO device_cursor SELECT user_id, ?, conversation_id, delivered_seq FROM cursor
     WHERE user_id = ? AND delivered_seq > 0 ON CONFLICT DO NOTHING`,
  );
  let commit = 0;
  /** Looked up once a commit: devices that acknowledge in order, which most do, leave nothing to look for at each move. */
  let isAnyAhead = false;

  const memberIds = (conversationId: string) => membersOf.all(conversationId).map((row) => text(row, 'user_id'));
  const recordOf = (id: string) => {
    const row = conversationOf.get(id);
    return row === undefined ? undefined : conversationRecord(row, id === 'global' ? [] : memberIds(id));
  };
  const isIn = (conversation: Row, userId: string) =>
    conversation.kind === 'global' || memberOf.get(text(conversation, 'id'), userId) !== undefined;

  function open(message: NewMessage): Row | undefined {
    if (message.opening === undefined) return undefined;
    addConversation.run(message.conversationId, message.opening.kind, null, message.senderId, commit);
    for (const userId of new Set(message.opening.members)) addMember.run(message.conversationId, userId, 0);
    return conversationOf.get(message.conversationId);
  }

  /** Undefined: the recipient named is not in it. Null: nobody in particular. */
  function recipientOf(message: NewMessage, conversation: Row): string | null | undefined {
    const named = message.recipientId;
    if (conversation.kind === 'direct') {
      const members = memberIds(message.conversationId);
      const other = members.find((userId) => userId !== message.senderId) ?? message.senderId;
      return named === undefined || named === other ? other : undefined;
    }
    if (named === undefined) return null;
    return isIn(conversation, named) ? named : undefined;
  }

  function appendOne(message: NewMessage): unknown {
    const first =
      (message.clientMessageId === undefined ? undefined : byKey.get(message.senderId, message.clientMessageId)) ??
      byId.get(message.id);
    if (first !== undefined) {
      // Its own id: this very message, of a transaction that was cut off after its commit. Not a repetition by the client.
      const committed = committedMessage(first);
      return { ...committed, repeated: committed.message.id !== message.id };
    }
    const conversation = conversationOf.get(message.conversationId) ?? open(message);
    if (conversation === undefined || !isIn(conversation, message.senderId)) return FORBIDDEN;
    const recipientId = recipientOf(message, conversation);
    if (recipientId === undefined) return RECIPIENT_NOT_IN;
    const seq = integer(conversation, 'last_seq') + 1;
    const roster = integer(conversation, 'roster');
    const key = message.clientMessageId ?? null;
    const { id, conversationId, senderId, senderName, content, timestamp } = message;
    addMessage.run(
      id,
      conversationId,
      seq,
      senderId,
      senderName,
      recipientId,
      content,
      key,
      Date.parse(timestamp),
      roster,
    );
    moveLastSeq.run(seq, commit, conversationId);
    return {
      message: {
        id,
        conversationId,
        seq,
        senderId,
        senderName,
        ...(recipientId === null ? {} : { recipientId }),
        type: 'TEXT',
        content,
        ...(key === null ? {} : { clientMessageId: key }),
        timestamp,
      },
      roster,
      repeated: false,
    };
  }

  function append(messages: readonly NewMessage[]): unknown {
    const [only] = messages;
    if (messages.length === 1 && only !== undefined) {
      const appended = appendOne(only);
      return isRefused(appended) ? appended : [appended];
    }
    database.exec('SAVEPOINT append');
    const appended: unknown[] = [];
    for (const message of messages) {
      const one = appendOne(message);
      if (isRefused(one)) {
        database.exec('ROLLBACK TO append; RELEASE append');
        return one;
      }
      appended.push(one);
    }
    database.exec('RELEASE append');
    return appended;
  }

  function changeMember(call: Extract<WriteCall, { call: 'changeMember' }>): unknown {
    const conversation = conversationOf.get(call.conversationId);
    if (conversation === undefined) return FORBIDDEN;
    if (integer(conversation, 'roster') !== call.expectedRoster) return undefined;
    const isMember = memberOf.get(call.conversationId, call.userId) !== undefined;
    if (call.change === 'add' && !isMember) {
      addMember.run(call.conversationId, call.userId, integer(conversation, 'last_seq'));
      moveRoster.run(commit, call.conversationId);
    } else if (call.change === 'remove' && isMember) {
      dropMember.run(call.conversationId, call.userId);
      moveRoster.run(commit, call.conversationId);
    }
    return recordOf(call.conversationId);
  }

  function advanceRead(userId: string, conversationId: string, seq: number): unknown {
    const conversation = conversationOf.get(conversationId);
    if (conversation === undefined || !isIn(conversation, userId)) return FORBIDDEN;
    const lastSeq = integer(conversation, 'last_seq');
    if (seq > lastSeq) {
      return { refused: 'VALIDATION', message: `seq ${seq} cannot be read yet: the last message is ${lastSeq}.` };
    }
    const cursor = cursorOf.get(conversationId, userId);
    const before = cursor === undefined ? 0 : integer(cursor, 'read_seq');
    if (seq > before) moveRead.run(conversationId, userId, seq);
    return { conversationId, before, after: Math.max(before, seq) };
  }

  function advanceDelivered(call: Extract<WriteCall, { call: 'advanceDelivered' }>): unknown {
    return call.upTo.map(({ conversationId, seq, ahead = [] }) => {
      const cursor = cursorOf.get(conversationId, call.userId);
      const before = cursor === undefined ? 0 : integer(cursor, 'delivered_seq');
      const conversation = conversationOf.get(conversationId);
      const isMember = conversation !== undefined && isIn(conversation, call.userId);
      const lastSeq = isMember ? integer(conversation, 'last_seq') : 0;
      if (!isMember || seq > lastSeq) return { conversationId, before, after: before };
      moveDevice.run(call.userId, call.device, conversationId, seq);
      if (isAnyAhead) dropReached.run(call.userId, call.device, conversationId, seq);
      const end = Math.min(lastSeq, seq + MAX_AHEAD);
      for (const one of ahead) {
        if (one <= seq || one > end) continue;
        addAhead.run(call.userId, call.device, conversationId, one);
        isAnyAhead = true;
      }
      if (seq > before) moveDelivered.run(conversationId, call.userId, seq);
      return { conversationId, before, after: Math.max(before, seq) };
    });
  }

  const write: Writes = (call) => {
    switch (call.call) {
      case 'append':
        return append(call.messages);
      case 'createConversation': {
        const { id, kind, title, creatorId, members } = call.conversation;
        if (conversationOf.get(id) !== undefined) {
          return { refused: 'CONFLICT', message: 'A conversation with that id exists already: choose another id.' };
        }
        addConversation.run(id, kind, title, creatorId, commit);
        for (const userId of new Set(members)) addMember.run(id, userId, 0);
        return recordOf(id);
      }
      case 'changeMember':
        return changeMember(call);
      case 'advanceRead':
        return advanceRead(call.userId, call.conversationId, call.seq);
      case 'advanceDelivered':
        return advanceDelivered(call);
      case 'knowDevice':
        if (addDevice.run(call.userId, call.device).changes > 0) startDevice.run(call.device, call.userId);
        return undefined;
      case 'check':
        return undefined;
    }
  };
  return {
    write,
    beginCommit() {
      const row = nextCommit.get();
      commit = row === undefined ? 0 : integer(row, 'number');
      isAnyAhead = anyAhead.get()?.found === 1;
    },
  };
}

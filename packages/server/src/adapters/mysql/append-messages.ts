/**
 * Many appends in one transaction with a fixed number of statements: lock the conversations in the order of their ids
 * (so that two servers cannot wait for each other), find the repeats, allot seqs, insert all rows, move the conversations.
 */
import type { ConversationId, MessageId, UserId } from '@rtd/protocol';
import type { Appended, CommittedMessage, ConversationRecord, NewMessage } from '../../chat/message-store.ts';
import type { Transaction } from './mysql-database.ts';
import { committedMessage, conversationRecord, MESSAGE_COLUMNS, MemberRow } from './mysql-rows.ts';
import { notAMember, type Outcome, refused } from './outcome.ts';

/** What the database's clock says, in epoch milliseconds. */
export const DATABASE_NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/** The fate of each append, in order. `appends` are all of one transaction; each is all or none. */
export async function appendMessages(
  transaction: Transaction,
  appends: readonly (readonly NewMessage[])[],
): Promise<readonly Outcome<readonly Appended[]>[]> {
  const messages = appends.flat();
  if (messages.length === 0) return appends.map(() => ({ ok: true, value: [] }));
  const { conversations, opened } = await lockConversations(transaction, messages);
  const members = await membersOf(transaction, messages, conversations);
  const known = await knownMessages(transaction, messages);
  const plan = new AppendPlan(conversations, members, known);
  const outcomes = appends.map((append) => plan.append(append));
  await writeDown(transaction, plan);
  // What was opened for messages that were refused after all is as if it had never been.
  const unused = [...opened].filter((id) => !plan.lastSeqs.has(id));
  if (unused.length > 0) {
    await transaction.run('DELETE FROM member WHERE conversation_id IN (?)', [unused]);
    await transaction.run('DELETE FROM conversation WHERE id IN (?)', [unused]);
  }
  return outcomes;
}

interface Locked {
  readonly conversations: ReadonlyMap<ConversationId, ConversationRecord>;
  /** Those that were made for these messages. */
  readonly opened: ReadonlySet<ConversationId>;
}

async function lockConversations(transaction: Transaction, messages: readonly NewMessage[]): Promise<Locked> {
  const ids = [...new Set(messages.map((message) => message.conversationId))].sort();
  const lock = async (): Promise<Map<ConversationId, ConversationRecord>> => {
    const rows = await transaction.rows('SELECT * FROM conversation WHERE id IN (?) ORDER BY id FOR UPDATE', [ids]);
    return new Map(rows.map((row) => conversationRecord(row, [])).map((record) => [record.id, record]));
  };
  const found = await lock();
  const opened = new Set<ConversationId>();
  for (const { conversationId, senderId, opening } of messages) {
    if (opening === undefined || found.has(conversationId) || opened.has(conversationId)) continue;
    const row = [conversationId, opening.kind, null, senderId, 0, 1, 0];
    // Nothing inserted: another server opens it at this very moment, and was faster.
    if ((await transaction.run('INSERT IGNORE INTO conversation VALUES (?)', [row])) === 0) continue;
    opened.add(conversationId);
    const members = [...new Set(opening.members)].map((userId) => [conversationId, userId, 0]);
    await transaction.run('INSERT INTO member VALUES ?', [members]);
  }
  const missing = messages.some(({ conversationId, opening }) => opening !== undefined && !found.has(conversationId));
  return { conversations: missing ? await lock() : found, opened };
}

/** Who of those that matter here is in which conversation; of a direct one both. */
async function membersOf(
  transaction: Transaction,
  messages: readonly NewMessage[],
  conversations: ReadonlyMap<ConversationId, ConversationRecord>,
): Promise<Map<ConversationId, Set<UserId>>> {
  const members = new Map<ConversationId, Set<UserId>>();
  const pairs = messages
    .filter((message) => message.conversationId !== 'global' && conversations.has(message.conversationId))
    .flatMap((message) =>
      [message.senderId, message.recipientId].flatMap((userId) =>
        userId === undefined ? [] : [[message.conversationId, userId]],
      ),
    );
  const direct = [...conversations.values()].filter((record) => record.kind === 'direct').map((record) => record.id);
  if (pairs.length === 0 && direct.length === 0) return members;
  const rows = await transaction.rows(
    `SELECT conversation_id, user_id FROM member WHERE ${[
      ...pairs.map(() => '(conversation_id = ? AND user_id = ?)'),
      ...direct.map(() => 'conversation_id = ?'),
    ].join(' OR ')}`,
    [...pairs.flat(), ...direct],
  );
  for (const row of rows) {
    const { conversation_id: conversationId, user_id: userId } = MemberRow.parse(row);
    const others = members.get(conversationId) ?? new Set();
    members.set(conversationId, others.add(userId));
  }
  return members;
}

interface Known {
  readonly byId: Map<MessageId, CommittedMessage>;
  readonly byKey: Map<string, CommittedMessage>;
}

async function knownMessages(transaction: Transaction, messages: readonly NewMessage[]): Promise<Known> {
  const keys = messages.flatMap(({ senderId, clientMessageId }) =>
    clientMessageId === undefined ? [] : [[senderId, Buffer.from(clientMessageId, 'utf8')]],
  );
  const ids = messages.map((message) => message.id);
  const rows = [...(await transaction.rows(`SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.id IN (?)`, [ids]))];
  if (keys.length > 0) {
    // Not a list of pairs: MariaDB finds no index for those.
    const either = keys.map(() => '(m.sender_id = ? AND m.client_message_id = ?)').join(' OR ');
    rows.push(...(await transaction.rows(`SELECT ${MESSAGE_COLUMNS} FROM message m WHERE ${either}`, keys.flat())));
  }
  const known: Known = { byId: new Map(), byKey: new Map() };
  for (const row of rows) remember(known, committedMessage(row));
  return known;
}

function remember(known: Known, committed: CommittedMessage): void {
  const { id, senderId, clientMessageId } = committed.message;
  known.byId.set(id, committed);
  if (clientMessageId !== undefined) known.byKey.set(keyOf(senderId, clientMessageId), committed);
}

/** No id has a space. */
function keyOf(senderId: UserId, clientMessageId: string): string {
  return `${senderId} ${clientMessageId}`;
}

/** What the transaction is going to write, decided without asking the database again. */
class AppendPlan {
  readonly added: CommittedMessage[] = [];
  readonly lastSeqs = new Map<ConversationId, number>();
  readonly #conversations: ReadonlyMap<ConversationId, ConversationRecord>;
  readonly #members: ReadonlyMap<ConversationId, ReadonlySet<UserId>>;
  readonly #known: Known;

  constructor(
    conversations: ReadonlyMap<ConversationId, ConversationRecord>,
    members: ReadonlyMap<ConversationId, ReadonlySet<UserId>>,
    known: Known,
  ) {
    this.#conversations = conversations;
    this.#members = members;
    this.#known = known;
  }

  append(messages: readonly NewMessage[]): Outcome<readonly Appended[]> {
    const added = this.added.length;
    const before = new Map(this.lastSeqs);
    const appended: Appended[] = [];
    for (const message of messages) {
      const one = this.#appendOne(message);
      if (!one.ok) {
        this.#undo(added, before);
        return one;
      }
      appended.push(one.value);
    }
    return { ok: true, value: appended };
  }

  #appendOne(message: NewMessage): Outcome<Appended> {
    const { id, conversationId, senderId, senderName, content, clientMessageId, timestamp } = message;
    const first =
      (clientMessageId === undefined ? undefined : this.#known.byKey.get(keyOf(senderId, clientMessageId))) ??
      this.#known.byId.get(id);
    // Its own id: this very message, of a transaction that was cut off after its commit. Not a repetition by the client.
    if (first !== undefined) return { ok: true, value: { ...first, repeated: first.message.id !== id } };
    const conversation = this.#conversations.get(conversationId);
    if (conversation === undefined || !this.#isIn(conversation, senderId)) return notAMember();
    const recipientId = this.#recipientOf(message, conversation);
    if (recipientId === undefined) return refused('FORBIDDEN', 'The recipient is not a member of that conversation.');
    const seq = (this.lastSeqs.get(conversationId) ?? conversation.lastSeq) + 1;
    const committed: CommittedMessage = {
      message: {
        id,
        conversationId,
        seq,
        senderId,
        senderName,
        ...(recipientId === null ? {} : { recipientId }),
        type: 'TEXT',
        content,
        ...(clientMessageId === undefined ? {} : { clientMessageId }),
        timestamp,
      },
      roster: conversation.roster,
    };
    this.lastSeqs.set(conversationId, seq);
    this.added.push(committed);
    remember(this.#known, committed);
    return { ok: true, value: { ...committed, repeated: false } };
  }

  #isIn(conversation: ConversationRecord, userId: UserId): boolean {
    return conversation.kind === 'global' || this.#members.get(conversation.id)?.has(userId) === true;
  }

  /** Undefined: the recipient named is not in it. Null: nobody in particular. */
  #recipientOf({ senderId, recipientId }: NewMessage, conversation: ConversationRecord): UserId | null | undefined {
    if (conversation.kind === 'direct') {
      const other = [...(this.#members.get(conversation.id) ?? [])].find((userId) => userId !== senderId) ?? senderId;
      return recipientId === undefined || recipientId === other ? other : undefined;
    }
    if (recipientId === undefined) return null;
    return this.#isIn(conversation, recipientId) ? recipientId : undefined;
  }

  #undo(added: number, lastSeqs: ReadonlyMap<ConversationId, number>): void {
    for (const { message } of this.added.splice(added)) {
      this.#known.byId.delete(message.id);
      if (message.clientMessageId !== undefined)
        this.#known.byKey.delete(keyOf(message.senderId, message.clientMessageId));
    }
    this.lastSeqs.clear();
    for (const [id, seq] of lastSeqs) this.lastSeqs.set(id, seq);
  }
}

async function writeDown(transaction: Transaction, plan: AppendPlan): Promise<void> {
  if (plan.added.length === 0) return;
  await transaction.run(
    `INSERT INTO message (id, conversation_id, seq, sender_id, sender_name, recipient_id, content, client_message_id, sent_at, roster)
     VALUES ?`,
    [
      plan.added.map(({ message, roster }) => [
        message.id,
        message.conversationId,
        message.seq,
        message.senderId,
        message.senderName,
        message.recipientId ?? null,
        message.content,
        message.clientMessageId === undefined ? null : Buffer.from(message.clientMessageId, 'utf8'),
        Date.parse(message.timestamp),
        roster,
      ]),
    ],
  );
  const moved = [...plan.lastSeqs];
  await transaction.run(
    `UPDATE conversation SET changed_at = ${DATABASE_NOW},
       last_seq = CASE id ${moved.map(() => 'WHEN ? THEN ?').join(' ')} ELSE last_seq END
     WHERE id IN (?)`,
    [...moved.flat(), moved.map(([id]) => id)],
  );
}

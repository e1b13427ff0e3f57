/**
 * The port to the one truth about conversations: messages, members, cursors.
 *
 * What every adapter promises (`test/chat/message-store.contract.ts` holds it to that):
 * - Dense: the messages of a conversation have the seqs 1, 2, 3, … in the order of commit, without holes, whatever number
 *   of servers write. Messages of one `append` get theirs in the order given.
 * - Durable: what a call resolved with survives a crash of the process and of the machine.
 * - Visible: what has resolved is seen by every read that begins later, on every server.
 * - Once: a message is stored once per (sender, clientMessageId), for ever, and once per message id.
 * - All or none: a call does everything that it says, or nothing. One that is refused leaves its neighbours alone.
 * - Exact: ids are compared code point by code point (no folding of case or accents).
 *
 * What a failure means: STORE_UNAVAILABLE says that the store cannot be used now, and nothing of the call is known to be
 * stored; where its commit was cut off it may still turn out to be, as a whole, so repeat it with the same
 * clientMessageId. Calls made later try again from scratch: the store comes back by itself. Every other RtdError is a
 * refusal: nothing was stored.
 */
import type {
  ClientMessageId,
  ConversationId,
  ConversationKind,
  DeviceId,
  MessageId,
  RtdError,
  UserId,
} from '@rtd/protocol';
import type { StoredMessage } from './message.ts';

/** How a conversation comes into being with its first message. */
export interface Opening {
  readonly kind: 'direct' | 'group';
  /** The sender, and the recipient where there is one. */
  readonly members: readonly UserId[];
}

/** A message that wants its seq. */
export interface NewMessage {
  /** Made by the sender's server: it makes a repeated commit harmless. */
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly senderId: UserId;
  readonly senderName: string;
  readonly recipientId: UserId | undefined;
  readonly content: string;
  readonly clientMessageId: ClientMessageId | undefined;
  /** ISO-8601 UTC with milliseconds. */
  readonly timestamp: string;
  /** What to make of a conversation that does not exist; undefined: refuse. */
  readonly opening: Opening | undefined;
}

/**
 * A message as committed. `roster` is the version of the conversation's members at that moment: who has an older list
 * must look again before showing it to anybody, which is what makes a removal hold at once on every server.
 */
export interface CommittedMessage {
  readonly message: StoredMessage;
  readonly roster: number;
}

export interface Appended extends CommittedMessage {
  /** True when (sender, clientMessageId) was known: nothing was stored, `message` is the first one. */
  readonly repeated: boolean;
}

export interface ConversationRecord {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string | null;
  readonly creatorId: UserId | null;
  /** 0 where there is no message yet. */
  readonly lastSeq: number;
  /** Grows with every change of members. */
  readonly roster: number;
  /** Empty for `global`: everybody is in it. */
  readonly members: readonly UserId[];
}

export interface NewConversationRecord {
  readonly id: ConversationId;
  readonly kind: 'group' | 'public';
  readonly title: string | null;
  readonly creatorId: UserId;
  /** With the creator. */
  readonly members: readonly UserId[];
}

/** How far a member is; messages up to `joinedSeq` were before its time. */
export interface MemberProgress {
  readonly userId: UserId;
  readonly joinedSeq: number;
  readonly readSeq: number;
  /** The furthest of the user's devices. */
  readonly deliveredSeq: number;
}

/** A conversation as one of its members sees it. */
export interface ConversationView {
  readonly conversation: ConversationRecord;
  readonly progress: readonly MemberProgress[];
  readonly readSeq: number;
  /** Messages of others behind readSeq (and behind one's joining); from 1,000 on one's own are counted too. */
  readonly unread: number;
  readonly lastMessage: StoredMessage | undefined;
}

/** Which piece of a conversation: `after` asks for the oldest behind it, else the newest (before `before`). Exclusive. */
export interface MessageRange {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** A cumulative cursor's move: equal numbers when it did not (cursors never go back). */
export interface CursorMove {
  readonly conversationId: ConversationId;
  readonly before: number;
  readonly after: number;
}

/** Up to where a device has acknowledged a conversation, and what it has acknowledged behind that, out of order. */
export interface DeliveredUpTo {
  readonly conversationId: ConversationId;
  /** Everything up to it. */
  readonly seq: number;
  /** Single seqs behind it; kept until `seq` reaches them. Those more than {@link MAX_AHEAD} behind it are forgotten. */
  readonly ahead?: readonly number[] | undefined;
}

/** How far behind its cursor a device's single acknowledgements are kept. */
export const MAX_AHEAD = 10_000;

/** What waits for a device, over all of the user's conversations but `global`. */
export interface InboxContents {
  /** In the order of commit; within a conversation dense up to its end, but for what is in `acknowledged`. */
  readonly messages: readonly CommittedMessage[];
  /** For each conversation asked for: the seq behind which `messages` begin, and up to which everything is told. */
  readonly cursors: readonly { readonly conversationId: ConversationId; readonly from: number; readonly to: number }[];
  /** Conversations of which older messages were left out because of `limit`, and the first seq that was not. */
  readonly leftOut: readonly { readonly conversationId: ConversationId; readonly firstSeq: number }[];
  /** What the device has acknowledged behind `from`, one by one; only conversations in which there is such. */
  readonly acknowledged: readonly { readonly conversationId: ConversationId; readonly seqs: readonly number[] }[];
}

/** A conversation of which the last seq or the members have changed. */
export interface ConversationChange {
  readonly conversationId: ConversationId;
  readonly lastSeq: number;
  readonly roster: number;
}

/** A moment in the store's own order of commits; opaque. */
export type ChangeMark = string;

export interface MessageStore {
  /**
   * All or none, in order; one call's messages are of one sender. The sender must be a member, and a named recipient too.
   * In a direct conversation `recipientId` becomes the other member. Calls of one caller are committed in their order.
   * @throws RtdError FORBIDDEN (also for a conversation that does not exist and is not opened, so that nothing leaks), STORE_UNAVAILABLE
   */
  append(messages: readonly NewMessage[]): Promise<readonly Appended[]>;
  /**
   * In seq order, at most `range.limit`. With `viewer`: FORBIDDEN, at this very moment, for who is no member.
   * @throws RtdError FORBIDDEN, STORE_UNAVAILABLE
   */
  messages(
    conversationId: ConversationId,
    range: MessageRange,
    viewer?: UserId,
  ): Promise<{ readonly messages: readonly CommittedMessage[]; readonly progress: readonly MemberProgress[] }>;
  message(id: MessageId): Promise<CommittedMessage | undefined>;
  /** Undefined where there is none. `global` always is. */
  conversation(id: ConversationId): Promise<ConversationRecord | undefined>;
  /** `global` and at most 1,000 others, the newest changed first. */
  conversationsOf(userId: UserId): Promise<readonly ConversationView[]>;
  /** @throws RtdError CONFLICT where the id is in use. */
  createConversation(conversation: NewConversationRecord): Promise<ConversationRecord>;
  /**
   * Adds or removes; harmless to repeat. Undefined, and nothing done, where the roster is not `expectedRoster` any more:
   * look again whether it is still allowed.
   */
  changeMember(
    change: 'add' | 'remove',
    conversationId: ConversationId,
    userId: UserId,
    expectedRoster: number,
  ): Promise<ConversationRecord | undefined>;
  /** Moves the read cursor of a member up to `seq`, and the user's delivery cursor with it: READ implies DELIVERED. @throws RtdError FORBIDDEN for who is no member, VALIDATION past the end. */
  advanceRead(userId: UserId, conversationId: ConversationId, seq: number): Promise<CursorMove>;
  /** Moves a device's delivery cursors; the moves that it resolves with are the user's (its furthest device's). */
  advanceDelivered(userId: UserId, device: DeviceId, upTo: readonly DeliveredUpTo[]): Promise<readonly CursorMove[]>;
  /**
   * What the device has not got: all conversations, or `only` one; the newest `limit` messages. A device that is new
   * starts where the user's other devices are, and is known from then on.
   */
  inbox(userId: UserId, device: DeviceId, limit: number, only?: ConversationId): Promise<InboxContents>;
  /**
   * Every conversation that changed since the mark was made (more is allowed), and a new mark; one cheap query whatever
   * the number of idle conversations. Without a mark: none, and the mark of now.
   */
  changedSince(
    mark: ChangeMark | undefined,
  ): Promise<{ readonly mark: ChangeMark; readonly changes: readonly ConversationChange[] }>;
  /** For `/readyz`: resolves when the store takes writes. @throws RtdError STORE_UNAVAILABLE, saying why. */
  check(): Promise<void>;
  /** Finishes what was begun, then gives everything back. Calls after it reject with STORE_UNAVAILABLE. Repeating it is harmless. */
  close(): Promise<void>;
}

/** The codes that a store refuses with. */
export type StoreRefusal = Extract<RtdError['code'], 'FORBIDDEN' | 'CONFLICT' | 'VALIDATION' | 'NOT_FOUND'>;

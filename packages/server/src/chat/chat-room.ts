/**
 * What the gateway may ask of chat. One object behind it, made by `createChatRoom` (create-chat-room.ts).
 * Every method that refuses rejects with an RtdError of the contract's table; a refusal never leaves anything half done.
 */
import type {
  ClientMessageId,
  Confirmation,
  ConversationId,
  ConversationSummary,
  ErrorNotice,
  HistoryPage,
  MessageId,
  NewConversation,
  ReadReceipt,
  Typing,
  UserId,
} from '@rtd/protocol';
import type { DeviceIdentity, Identity } from '../auth/identity.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { TopicSubscription } from '../fan-out/topic.ts';
import type { StoredMessage } from './message.ts';

/** A SEND after its body was parsed. Exactly what the contract's section 2 lets a client say. */
export interface SendRequest {
  readonly content: string;
  /** Left out together with `recipientId`: `global`. */
  readonly conversationId?: ConversationId | undefined;
  readonly recipientId?: UserId | undefined;
  readonly clientMessageId?: ClientMessageId | undefined;
  /** Display name; heeded for guests only. */
  readonly senderName?: string | undefined;
  /** The client's own `x-…` headers, echoed on MESSAGE (live delivery only; they are not stored). */
  readonly echoHeaders?: ReadonlyMap<string, string> | undefined;
}

export interface SendResult {
  readonly message: StoredMessage;
  /** True when the sender's clientMessageId was known: nothing was stored, `message` is the first one. */
  readonly repeated: boolean;
}

/** An entry of a conversation's topic: the message, and the echo headers where it came in on this server with some. */
export interface Delivery {
  readonly message: StoredMessage;
  readonly echoHeaders?: ReadonlyMap<string, string> | undefined;
}

export interface LiveSubscription extends TopicSubscription {
  /** Set when more was missing than is resent (10,000): the first seq that the subscriber got. */
  readonly truncatedTo: number | undefined;
}

/** A device's subscription to `/user/queue/messages`; acks move its delivery cursors. */
export interface InboxSubscription extends TopicSubscription {
  /** These messages have reached the device (handed over in ack mode auto, acked otherwise). Cursors move over dense runs only. */
  delivered(messages: readonly StoredMessage[]): void;
  /** Resolves when all that has reached the device so far is stored. @throws RtdError STORE_UNAVAILABLE: not yet, it is tried again */
  stored(): Promise<void>;
}

export interface ChatRoom {
  /** Resolves once committed, and after the confirmation was published to the sender. Requests of one caller keep their order. */
  send(sender: Identity, request: SendRequest): Promise<SendResult>;
  /** All or none, in one store transaction, in order (STOMP COMMIT). */
  sendAll(sender: Identity, requests: readonly SendRequest[]): Promise<readonly SendResult[]>;

  /**
   * Every message of the conversation in seq order, without holes and repeats: with `afterSeq` first what the store has
   * after it, then live; without it from now on. Resolves when it is live. FORBIDDEN for who is no member.
   * `removed` is told when the user lost membership; nothing is delivered after it.
   */
  subscribe(
    who: Identity,
    conversationId: ConversationId,
    subscriber: Subscriber<Delivery>,
    options: { afterSeq?: number | undefined; removed?: () => void },
  ): Promise<LiveSubscription>;

  /** Everything of all my conversations but global: first what this device has not got, then live. */
  subscribeInbox(who: DeviceIdentity, subscriber: Subscriber<Delivery>): Promise<InboxSubscription>;

  subscribeConfirmations(who: Identity, subscriber: Subscriber<Confirmation>): TopicSubscription;
  subscribeReceipts(who: Identity, subscriber: Subscriber<ReadReceipt>): TopicSubscription;
  subscribeErrors(who: Identity, subscriber: Subscriber<ErrorNotice>): TopicSubscription;

  /** Anyone may; who is no member gets nothing until it is one. */
  subscribeTyping(who: Identity, conversationId: ConversationId, subscriber: Subscriber<Typing>): TopicSubscription;
  /** Throttled; a mark that is not renewed for 5 s ends by itself. */
  setTyping(who: Identity, conversationId: ConversationId, isTyping: boolean): Promise<void>;

  markRead(who: Identity, upTo: { conversationId: ConversationId; seq: number } | { id: MessageId }): Promise<void>;

  /** `before` and `after` are exclusive; with `after` the oldest first after it, else the newest; seq order both. */
  history(
    who: Identity,
    query: { conversationId: ConversationId; before?: number | undefined; after?: number | undefined; limit: number },
  ): Promise<HistoryPage>;
  /** As `history` with `after`, but waits up to `waitMillis` for the first message; ends early when `signal` aborts. */
  poll(
    who: Identity,
    query: { conversationId: ConversationId; after: number; limit: number; waitMillis: number },
    signal: AbortSignal,
  ): Promise<HistoryPage>;

  conversations(who: Identity): Promise<readonly ConversationSummary[]>;
  createConversation(who: Identity, request: NewConversation): Promise<ConversationSummary>;
  addMember(who: Identity, conversationId: ConversationId, userId: UserId): Promise<void>;
  removeMember(who: Identity, conversationId: ConversationId, userId: UserId): Promise<void>;
}

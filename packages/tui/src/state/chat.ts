/**
 * What is known of one conversation: messages in seq order, each once; one's own that are not confirmed yet;
 * who types. Pure: events in, the next value out.
 */
import type { DeliveryChange, OutgoingMessage } from '@rtd/client';
import type { ChatMessage, ConversationId, Typing } from '@rtd/protocol';

export interface Chat {
  /** Undefined as long as the first message has not made it. */
  readonly conversationId: ConversationId | undefined;
  /** In seq order, each once. */
  readonly messages: readonly ChatMessage[];
  /** One's own, in the order of sending, as long as the conversation does not have them. */
  readonly outgoing: readonly OutgoingMessage[];
  /** Id of who types -> name, and until when that holds (epoch milliseconds). */
  readonly typing: ReadonlyMap<string, Typist>;
  /** How far others have read, as far as it was seen: user id -> seq. */
  readonly readBy: ReadonlyMap<string, number>;
  /** Whether there is something before the first message; `full`: there is, and no room for it. */
  readonly older: 'unknown' | 'some' | 'none' | 'loading' | 'failed' | 'full';
  /** The backlog has come. */
  readonly ready: boolean;
}

export interface Typist {
  readonly userName: string;
  readonly until: number;
}

export type ChatEvent =
  | { readonly kind: 'message'; readonly message: ChatMessage }
  | { readonly kind: 'backlog-ready' }
  | { readonly kind: 'older-asked' }
  | { readonly kind: 'older'; readonly messages: readonly ChatMessage[]; readonly hasMore: boolean }
  | { readonly kind: 'older-failed' }
  | { readonly kind: 'typing'; readonly typing: Typing; readonly now: number }
  | { readonly kind: 'outgoing'; readonly message: OutgoingMessage }
  | { readonly kind: 'outgoing-discarded'; readonly clientMessageId: string }
  | { readonly kind: 'delivery'; readonly change: DeliveryChange }
  | { readonly kind: 'time'; readonly now: number };

/** The contract's: a typing mark that is not renewed ends by itself. */
const TYPING_MILLIS = 5_000;
/** What is held while the end is on the screen; the oldest go first. Scrolling up fetches them again. */
export const MAX_MESSAGES = 5_000;
/** What is held at most, whatever somebody scrolled back to. */
export const MOST_MESSAGES = 100_000;
const MAX_TYPISTS = 50;
const MAX_READERS = 1_000;

export function emptyChat(conversationId: ConversationId | undefined): Chat {
  return {
    conversationId,
    messages: [],
    outgoing: [],
    typing: new Map(),
    readBy: new Map(),
    older: 'unknown',
    ready: false,
  };
}

export function reduceChat(chat: Chat, event: ChatEvent): Chat {
  switch (event.kind) {
    case 'message':
      return withMessage(chat, event.message);
    case 'backlog-ready':
      return { ...chat, ready: true, older: olderOf(chat) };
    case 'older-asked':
      return { ...chat, older: 'loading' };
    case 'older':
      return withOlder(chat, event.messages, event.hasMore);
    case 'older-failed':
      return { ...chat, older: 'failed' };
    case 'typing':
      return withTyping(chat, event.typing, event.now);
    case 'outgoing':
      return withOutgoing(chat, event.message);
    case 'outgoing-discarded':
      return withoutOutgoing(chat, event.clientMessageId);
    case 'delivery':
      return withDelivery(chat, event.change);
    case 'time': {
      const typing = new Map([...chat.typing].filter(([, typist]) => typist.until > event.now));
      return typing.size === chat.typing.size ? chat : { ...chat, typing };
    }
  }
}

/** Dense seqs say it: the first message of a conversation has seq 1. */
function olderOf(chat: Chat): Chat['older'] {
  const [first] = chat.messages;
  return first !== undefined && first.seq > 1 ? 'some' : 'none';
}

function withMessage(chat: Chat, message: ChatMessage): Chat {
  if (message.conversationId !== chat.conversationId) return chat;
  const at = placeOf(chat.messages, message.seq);
  if (chat.messages[at]?.seq === message.seq) return chat;
  const typing = new Map(chat.typing);
  typing.delete(message.senderId);
  const next = trimmed({ ...chat, messages: chat.messages.toSpliced(at, 0, message), typing }, MOST_MESSAGES);
  return message.clientMessageId === undefined ? next : withoutOutgoing(next, message.clientMessageId);
}

/** `chat` with its newest messages; a quarter over `most` is let be, so that not each new one cuts. */
export function trimmed(chat: Chat, most: number = MAX_MESSAGES): Chat {
  if (chat.messages.length <= most * 1.25) return chat;
  return { ...chat, messages: chat.messages.slice(-most), older: 'some' };
}

/** Index of the first message whose seq is not smaller. */
function placeOf(messages: readonly ChatMessage[], seq: number): number {
  if ((messages.at(-1)?.seq ?? 0) < seq) return messages.length;
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withOlder(chat: Chat, page: readonly ChatMessage[], hasMore: boolean): Chat {
  const first = chat.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const new_ = page.filter((message) => message.seq < first && message.conversationId === chat.conversationId);
  const messages = [...new_, ...chat.messages];
  const isMore = hasMore && new_.length > 0;
  return { ...chat, messages, older: !isMore ? 'none' : messages.length < MOST_MESSAGES ? 'some' : 'full' };
}

function withTyping(chat: Chat, typing: Typing, now: number): Chat {
  if (typing.conversationId !== chat.conversationId) return chat;
  const typists = new Map(chat.typing);
  if (typing.isTyping && (typists.has(typing.userId) || typists.size < MAX_TYPISTS)) {
    typists.set(typing.userId, { userName: typing.userName, until: now + TYPING_MILLIS });
  } else typists.delete(typing.userId);
  return { ...chat, typing: typists };
}

function withOutgoing(chat: Chat, message: OutgoingMessage): Chat {
  const { clientMessageId } = message;
  // The stored message may be faster than the news of it.
  const isStored = chat.messages.some((one) => one.clientMessageId === clientMessageId);
  if (isStored) return withoutOutgoing(chat, clientMessageId);
  const at = chat.outgoing.findIndex((one) => one.clientMessageId === clientMessageId);
  const outgoing = at === -1 ? [...chat.outgoing, message] : chat.outgoing.with(at, message);
  return { ...chat, outgoing };
}

function withoutOutgoing(chat: Chat, clientMessageId: string): Chat {
  if (!chat.outgoing.some((one) => one.clientMessageId === clientMessageId)) return chat;
  return { ...chat, outgoing: chat.outgoing.filter((one) => one.clientMessageId !== clientMessageId) };
}

const STATUS_RANK: Readonly<Record<ChatMessage['status'], number>> = { SENT: 0, DELIVERED: 1, READ: 2 };

function withDelivery(chat: Chat, change: DeliveryChange): Chat {
  if (change.conversationId !== chat.conversationId) return chat;
  const last = placeOf(chat.messages, change.seq);
  // READ holds for all before it, DELIVERED for the one message.
  let messages: ChatMessage[] | undefined;
  for (let index = change.status === 'READ' ? 0 : last; index <= last; index += 1) {
    const message = chat.messages[index];
    if (message === undefined || message.seq > change.seq) break;
    if (STATUS_RANK[message.status] >= STATUS_RANK[change.status]) continue;
    messages ??= [...chat.messages];
    messages[index] = { ...message, status: change.status };
  }
  const readBy = withReader(chat.readBy, change);
  return messages === undefined && readBy === chat.readBy
    ? chat
    : { ...chat, messages: messages ?? chat.messages, readBy };
}

function withReader(readBy: Chat['readBy'], { status, userId, seq }: DeliveryChange): Chat['readBy'] {
  if (status !== 'READ' || userId === undefined || (readBy.get(userId) ?? 0) >= seq) return readBy;
  if (!readBy.has(userId) && readBy.size >= MAX_READERS) return readBy;
  return new Map(readBy).set(userId, seq);
}

/** How many others are known to have read `seq`. */
export function readersOf({ readBy }: Chat, seq: number): number {
  let readers = 0;
  for (const upTo of readBy.values()) if (upTo >= seq) readers += 1;
  return readers;
}

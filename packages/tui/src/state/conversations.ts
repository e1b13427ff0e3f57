/**
 * The conversations of the list, in an order that does not jump: global first, the others as they came to be known. One of
 * them is open: its messages are on the screen. Counts come from the server and move with what is heard; a read mark of
 * one's own is never undone by an older answer. Pure: events in, the next value out.
 */
import type { OutgoingMessage } from '@rtd/client';
import {
  type ChatMessage,
  type ConversationId,
  type ConversationKind,
  type ConversationSummary,
  GLOBAL_CONVERSATION,
} from '@rtd/protocol';
import { type Chat, type ChatEvent, emptyChat, reduceChat, trimmed } from './chat.ts';

/** The last row of the chat on the screen: row `row` (from 0) of message `seq`; or the end, whatever comes. */
export type Scroll =
  | { readonly kind: 'end' }
  | { readonly kind: 'at'; readonly seq: number; readonly row: number; readonly newestSeen: number };

/** A conversation's id; `to bob` for a direct one that has no message yet: no id has a space in it. */
export type ConversationKey = string;

export interface Conversation {
  readonly key: ConversationKey;
  /** Undefined as long as there is nothing but the wish to write to somebody. */
  readonly id: ConversationId | undefined;
  readonly kind: ConversationKind;
  readonly title: string | undefined;
  readonly members: readonly string[];
  readonly lastSeq: number;
  readonly readSeq: number;
  /** Messages of others behind `readSeq`. */
  readonly unread: number;
  /** The line "unread" stands behind this seq while the conversation is open; undefined: there is none. */
  readonly unreadAfter: number | undefined;
  readonly chat: Chat;
  readonly scroll: Scroll;
  /** What stood in the input line when it was left. */
  readonly draft: string;
}

export interface Conversations {
  /** Never empty: the first is global. */
  readonly list: readonly Conversation[];
  readonly openKey: ConversationKey;
  /** The list of the server has come at least once, so that `readSeq` is true. */
  readonly known: boolean;
}

export type ConversationsEvent =
  /** What the server says they are; those that it does not know any more go. */
  | { readonly kind: 'listed'; readonly summaries: readonly ConversationSummary[]; readonly self: string | undefined }
  /** A message of a conversation of mine, on the screen or not. */
  | { readonly kind: 'heard'; readonly message: ChatMessage; readonly self: string | undefined }
  | { readonly kind: 'read'; readonly key: ConversationKey; readonly seq: number; readonly self: string | undefined }
  /** Shown from now on; `draft` is what stands in the input line. */
  | { readonly kind: 'opened'; readonly key: ConversationKey; readonly draft: string }
  /** Somebody to write to, with whom there may be no conversation yet. */
  | { readonly kind: 'addressed'; readonly userId: string }
  | { readonly kind: 'gone'; readonly key: ConversationKey }
  | { readonly kind: 'outgoing'; readonly message: OutgoingMessage }
  | { readonly kind: 'chat'; readonly key: ConversationKey; readonly event: ChatEvent }
  | { readonly kind: 'scrolled'; readonly scroll: Scroll }
  | { readonly kind: 'time'; readonly now: number };

/** What is kept of messages that are not on the screen. */
const KEPT_ASIDE = 500;
/** More are counted by the server, and not listed here. */
const MOST_CONVERSATIONS = 500;
const END: Scroll = { kind: 'end' };

export function initialConversations(): Conversations {
  return { list: [emptyConversation(GLOBAL_CONVERSATION, 'global')], openKey: GLOBAL_CONVERSATION, known: false };
}

export function addressKey(userId: string): ConversationKey {
  return `to ${userId}`;
}

/** The conversation on the screen. */
export function openConversation({ list, openKey }: Conversations): Conversation {
  const open = list.find(({ key }) => key === openKey) ?? list[0];
  return open ?? emptyConversation(GLOBAL_CONVERSATION, 'global');
}

/** How many messages of one's own, in all of them, are neither stored nor refused. */
export function unsentIn({ list }: Conversations): number {
  return list.reduce(
    (sum, { chat }) =>
      sum + chat.outgoing.filter(({ state }) => state.kind !== 'sent' && state.kind !== 'refused').length,
    0,
  );
}

/** The other one of a direct conversation; oneself in a notebook; undefined in any other kind. */
export function partnerOf({ kind, members }: Conversation, self: string | undefined): string | undefined {
  if (kind !== 'direct') return undefined;
  return members.find((member) => member !== self) ?? members[0];
}

/** The direct conversation with `userId` that is listed already. */
export function directWith(
  { list }: Conversations,
  userId: string,
  self: string | undefined,
): Conversation | undefined {
  return list.find((conversation) => partnerOf(conversation, self) === userId);
}

/** Where a message goes: its conversation, or the address that it was written to. */
export function keyOf({
  conversationId,
  recipientId,
}: Pick<OutgoingMessage, 'conversationId' | 'recipientId'>): ConversationKey {
  if (conversationId !== undefined) return conversationId;
  return recipientId === undefined ? GLOBAL_CONVERSATION : addressKey(recipientId);
}

export function reduceConversations(state: Conversations, event: ConversationsEvent): Conversations {
  switch (event.kind) {
    case 'listed':
      return withList(state, event.summaries, event.self);
    case 'heard': {
      const { message, self } = event;
      return changed(state, message.conversationId, (one) => heard(one, message, self));
    }
    case 'read':
      return changed(state, event.key, (one) => readUpTo(one, event.seq, event.self));
    case 'opened':
      return withOpen(state, event.key, event.draft);
    case 'addressed': {
      const key = addressKey(event.userId);
      if (state.list.some((one) => one.key === key)) return state;
      const blank = { ...emptyConversation(undefined, 'direct', key), members: [event.userId] };
      return { ...state, list: [...state.list, { ...blank, chat: { ...blank.chat, ready: true, older: 'none' } }] };
    }
    case 'gone': {
      if (event.key === GLOBAL_CONVERSATION) return state;
      const list = state.list.filter(({ key }) => key !== event.key);
      if (list.length === state.list.length) return state;
      return { ...state, list, openKey: state.openKey === event.key ? GLOBAL_CONVERSATION : state.openKey };
    }
    case 'outgoing':
      return withOutgoing(state, event.message);
    case 'chat':
      return changed(state, event.key, (one) => {
        const chat = reduceChat(one.chat, event.event);
        if (chat === one.chat) return one;
        return { ...one, chat: one.scroll.kind === 'end' ? trimmed(chat) : chat };
      });
    case 'scrolled':
      return changed(state, state.openKey, (one) => ({ ...one, scroll: event.scroll }));
    case 'time': {
      let moved = false;
      const list = state.list.map((one) => {
        const chat = reduceChat(one.chat, event);
        moved ||= chat !== one.chat;
        return chat === one.chat ? one : { ...one, chat };
      });
      return moved ? { ...state, list } : state;
    }
  }
}

function emptyConversation(
  id: ConversationId | undefined,
  kind: ConversationKind,
  key: ConversationKey = id ?? '',
): Conversation {
  return {
    key,
    id,
    kind,
    title: undefined,
    members: [],
    lastSeq: 0,
    readSeq: 0,
    unread: 0,
    unreadAfter: undefined,
    chat: emptyChat(id),
    scroll: END,
    draft: '',
  };
}

function changed(
  state: Conversations,
  key: ConversationKey,
  change: (one: Conversation) => Conversation,
): Conversations {
  const at = state.list.findIndex((one) => one.key === key);
  const before = state.list[at];
  if (before === undefined) return state;
  const after = change(before);
  return after === before ? state : { ...state, list: state.list.with(at, after) };
}

function withList(
  state: Conversations,
  summaries: readonly ConversationSummary[],
  self: string | undefined,
): Conversations {
  const byId = new Map(summaries.map((summary) => [summary.id, summary]));
  let { openKey } = state;
  const kept = state.list.flatMap((one): Conversation[] => {
    const summary = one.id === undefined ? summaryWith(summaries, one, self) : byId.get(one.id);
    if (summary === undefined) return one.id === undefined || one.id === GLOBAL_CONVERSATION ? [one] : [];
    // Listed under its id already: the address is of no use any more.
    if (one.id === undefined && state.list.some(({ id }) => id === summary.id)) {
      if (openKey === one.key) openKey = summary.id;
      return [];
    }
    byId.delete(summary.id);
    if (openKey === one.key) openKey = summary.id;
    const isOpen = openKey === summary.id;
    return [marked(withSummary(one, summary), isOpen && !state.known)];
  });
  const more = [...byId.values()]
    .filter(({ id }) => !kept.some((one) => one.id === id))
    .sort((a, b) => momentOf(b) - momentOf(a))
    .slice(0, Math.max(0, MOST_CONVERSATIONS - kept.length))
    .map((summary) => withSummary(emptyConversation(summary.id, summary.kind), summary));
  const list = [...kept, ...more];
  return { list, known: true, openKey: list.some(({ key }) => key === openKey) ? openKey : GLOBAL_CONVERSATION };
}

function summaryWith(
  summaries: readonly ConversationSummary[],
  one: Conversation,
  self: string | undefined,
): ConversationSummary | undefined {
  const partner = partnerOf(one, self);
  return summaries.find(({ kind, members }) => {
    if (kind !== 'direct') return false;
    return (members.find((member) => member !== self) ?? members[0]) === partner;
  });
}

function momentOf({ lastMessage }: ConversationSummary): number {
  return lastMessage === null ? 0 : Date.parse(lastMessage.timestamp);
}

function withSummary(one: Conversation, summary: ConversationSummary): Conversation {
  const { id, kind, members } = summary;
  const title = summary.title ?? undefined;
  const chat = one.chat.conversationId === id ? one.chat : { ...one.chat, conversationId: id };
  const same =
    one.key === id &&
    one.kind === kind &&
    one.title === title &&
    one.members.length === members.length &&
    one.members.every((member, index) => member === members[index]);
  const named: Conversation = same ? one : { ...one, key: id, id, kind, title, members, chat };
  // An answer that was on its way while something was heard, or read here, is older than what is known.
  const isOlder = summary.lastSeq < one.lastSeq || summary.readSeq < one.readSeq;
  const { lastSeq, readSeq, unread } = summary;
  if (isOlder || (one.lastSeq === lastSeq && one.readSeq === readSeq && one.unread === unread)) return named;
  return { ...named, lastSeq, readSeq, unread };
}

function heard(one: Conversation, message: ChatMessage, self: string | undefined): Conversation {
  if (message.seq <= one.lastSeq) return one;
  const isNew = message.senderId !== self && message.seq > one.readSeq;
  return { ...one, lastSeq: message.seq, unread: one.unread + (isNew ? 1 : 0) };
}

function readUpTo(one: Conversation, seq: number, self: string | undefined): Conversation {
  if (seq <= one.readSeq) return one;
  const { messages } = one.chat;
  let behind = 0;
  for (let index = messages.length - 1; (messages[index]?.seq ?? 0) > seq; index -= 1) {
    if (messages[index]?.senderId !== self) behind += 1;
  }
  return { ...one, readSeq: seq, unread: seq >= one.lastSeq ? 0 : Math.min(one.unread, behind) };
}

function marked(one: Conversation, asked: boolean): Conversation {
  return asked && one.unread > 0 ? { ...one, unreadAfter: one.readSeq } : one;
}

function withOpen(state: Conversations, key: ConversationKey, draft: string): Conversations {
  if (key === state.openKey || !state.list.some((one) => one.key === key)) return state;
  const list = state.list.map((one): Conversation => {
    if (one.key === state.openKey) {
      return { ...one, draft, scroll: END, unreadAfter: undefined, chat: trimmed(one.chat, KEPT_ASIDE) };
    }
    return one.key === key ? marked({ ...one, draft: '' }, true) : one;
  });
  return { ...state, list, openKey: key };
}

function withOutgoing(state: Conversations, message: OutgoingMessage): Conversations {
  const { clientMessageId, state: sending } = message;
  const key = keyOf(message);
  let next = state;
  if (message.recipientId !== undefined && sending.kind === 'sent') {
    // The first message has made the conversation: from now on it goes by its id.
    next = withId(next, key, sending.conversationId);
  } else if (message.recipientId !== undefined && !next.list.some((one) => one.key === key)) {
    // Left over from an earlier session, or written to somebody whose conversation is listed meanwhile.
    next = reduceConversations(next, { kind: 'addressed', userId: message.recipientId });
  }
  const target = sending.kind === 'sent' ? sending.conversationId : key;
  const withMessage = changed(next, target, (one) => {
    const chat = reduceChat(one.chat, { kind: 'outgoing', message });
    const isNew = !one.chat.outgoing.some((known) => known.clientMessageId === clientMessageId);
    // Who answers has read what is above.
    return chat === one.chat ? one : { ...one, chat, unreadAfter: isNew ? undefined : one.unreadAfter };
  });
  return withMessage;
}

function withId(state: Conversations, key: ConversationKey, id: ConversationId): Conversations {
  const address = state.list.find((one) => one.key === key);
  if (address === undefined) return state;
  const openKey = state.openKey === key ? id : state.openKey;
  const listed = state.list.find((one) => one.key === id);
  if (listed === undefined) {
    const named = { ...address, key: id, id, chat: { ...address.chat, conversationId: id } };
    return { ...state, openKey, list: state.list.map((one) => (one === address ? named : one)) };
  }
  const outgoing = [...listed.chat.outgoing, ...address.chat.outgoing];
  const joined = { ...listed, chat: { ...listed.chat, outgoing } };
  const list = state.list.filter((one) => one !== address).map((one) => (one === listed ? joined : one));
  return { ...state, openKey, list };
}

/**
 * Between the chat session of `@rtd/client` and the store: what comes from the server becomes events, what the user does
 * goes out. Global, and whatever conversation was opened, is followed; of all the others the inbox brings what is new, so
 * that they are counted, and appear by themselves.
 */
import type {
  ChatSession,
  Clock,
  ConversationSubscription,
  OutgoingMessage,
  SendOutcome,
  Timer,
  Unsubscribe,
} from '@rtd/client';
import {
  type ChatMessage,
  type ConversationId,
  ConversationId as ConversationIdSchema,
  GLOBAL_CONVERSATION,
  parseOrRefuse,
  RtdError,
  UserId,
} from '@rtd/protocol';
import { addressKey, type Conversation, type ConversationsEvent, directWith, keyOf } from '../state/conversations.ts';
import type { FrameStore } from '../state/frame-store.ts';
import { type Notice, shownConversation, type Terminal, type TerminalEvent } from '../state/terminal.ts';
import { chatIsShown } from '../view/layout.ts';

export interface Rooms {
  /** Sends to the conversation on the screen; it is shown at once. Resolves with how it ended, however late; never rejects. */
  send(content: string): Promise<SendOutcome>;
  typed(): void;
  stoppedTyping(): void;
  /** Asks for the page before the first message, unless that is under way or there is none. */
  loadOlder(): void;
  /** Tries the newest message that waits for a retry now; false where there is none. */
  retry(): boolean;
  /** Gives up the newest message that is not stored; its text, or undefined where there is none. */
  discard(): string | undefined;
  /** Shows a conversation of the list. */
  open(key: string): void;
  /** Shows the direct conversation with somebody, whether there is one already or not; false where nobody can have that name. */
  writeTo(userId: string): boolean;
  /** Into a public conversation; one that nobody has made yet is made. */
  join(id: string): Promise<void>;
  create(title: string, members: readonly string[]): Promise<void>;
  add(members: readonly string[]): Promise<void>;
  /** Out of the conversation on the screen. */
  leave(): Promise<void>;
  /** What is on the screen, or everything, is read. */
  markRead(which: 'shown' | 'all'): void;
  /** Scrolls to the newest message with this text above what is on the screen, as far back as is reasonable. */
  search(text: string): Promise<void>;
  reconnect(): void;
  /** Resolves when what was said last in global is there. */
  readonly ready: Promise<void>;
  /** What is neither stored nor refused. */
  unsent(): readonly OutgoingMessage[];
  /** Resolves when nothing is unsent any more, or after `millis`. */
  settled(millis: number): Promise<void>;
  close(): Promise<void>;
}

export interface RoomsOptions {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly chat: ChatSession;
  readonly clock: Clock;
  /** Messages of a conversation that it begins with; 100 when left out. */
  readonly backlog?: number | undefined;
  /** Each message of each of one's conversations, once: first what this device has not got yet. */
  readonly onHeard?: ((message: ChatMessage) => void) | undefined;
  /** Whether somebody looks at what is shown, so that it is read then; true when left out. */
  readonly isSeen?: boolean | undefined;
}

/** Said of a message that has to wait; taken off the screen when it has to no more. */
export const NOT_CONNECTED = 'Not connected: it is kept, and sent when the link is back.';

const BACKLOG = 100;
const PAGE = 100;
/** Conversations that are followed at a time, besides global; those that were opened longest ago go first. */
const MOST_FOLLOWED = 12;
/** The server tells a user's terminals of messages, and not of what another one of theirs has read or joined. */
const LIST_AGAIN_MILLIS = { unread: 3_000, quiet: 15_000 } as const;
const NOTICE_MILLIS = 8_000;
/** How far back a search goes. */
const SEARCHED = 5_000;
/** Messages that stay visible below what a search has found. */
const BELOW_FOUND = 2;

export function openRooms(options: RoomsOptions): Rooms {
  const { store, chat, clock, onHeard } = options;
  const ended: Unsubscribe[] = [];
  const stop = new AbortController();
  const followed = new Map<ConversationId, ConversationSubscription>();
  const markedSeqs = new Map<ConversationId, number>();

  const tell = (event: ConversationsEvent): void => store.dispatch({ kind: 'conversations', event });
  const say = (tone: Notice['tone'], text: string, until: number | undefined = clock.now() + NOTICE_MILLIS): void => {
    store.dispatch({ kind: 'noticed', notice: { tone, text, until } });
  };
  const shown = (): Conversation => shownConversation(store.state);
  const self = (): string | undefined => chat.self?.userId;
  const learnSelf = (): void => {
    if (chat.self !== undefined) store.dispatch({ kind: 'self', userId: chat.self.userId });
  };

  ended.push(
    chat.on('state', (state) => {
      store.dispatch({ kind: 'link', link: 'chat', state });
      learnSelf();
      if (state.kind !== 'live' && state.kind !== 'polling') return;
      void list();
      if (store.state.notice?.text === NOT_CONNECTED) store.dispatch({ kind: 'noticed', notice: undefined });
    }),
    chat.on('outgoing', (message) => {
      const isNew = message.state.kind === 'sent' && message.recipientId !== undefined;
      if (isNew) changes += 1;
      tell({ kind: 'outgoing', message });
      if (isNew) void list();
      if (message.state.kind === 'sending') learnSelf();
      if (message.state.kind === 'refused' && keyOf(message) !== shown().key) {
        say('bad', `A message was not sent: ${message.state.error.message}`, undefined);
      }
    }),
    chat.on('delivery', (change) => {
      tell({ kind: 'chat', key: change.conversationId, event: { kind: 'delivery', change } });
    }),
    chat.on('notice', (notice) => {
      // What of an inbox was left out is counted as unread, and its history has it.
      if (notice.code !== 'RESUME_TRUNCATED') say('warn', notice.message);
    }),
    chat.watchInbox((message) => {
      onHeard?.(message);
      const isKnown = store.state.conversations.list.some(({ id }) => id === message.conversationId);
      if (isKnown) tell({ kind: 'heard', message, self: self() });
      else void list();
    }),
    chat.watchPresence({
      onList: (everybody) => store.dispatch({ kind: 'people', event: { kind: 'everybody', everybody } }),
      onChange: (presence) => store.dispatch({ kind: 'people', event: { kind: 'presence', presence } }),
    }),
  );
  store.dispatch({ kind: 'link', link: 'chat', state: chat.state });
  for (const message of chat.outgoing) tell({ kind: 'outgoing', message });
  learnSelf();

  // One list at a time; what changed while it was on its way makes it old, and it is asked for again.
  let changes = 0;
  let listing = false;
  let listAgain = false;
  let listTimer: Timer | undefined;
  const list = async (): Promise<void> => {
    listAgain = listing;
    if (listing || stop.signal.aborted) return;
    listing = true;
    listTimer?.cancel();
    const before = changes;
    const { kind } = chat.state;
    if (kind === 'live' || kind === 'polling') {
      try {
        const summaries = await chat.api.conversations(stop.signal);
        if (before === changes) tell({ kind: 'listed', summaries, self: self() });
        else listAgain = true;
      } catch {
        // The link's own state says what is wrong; the next turn asks again.
      }
    }
    listing = false;
    if (stop.signal.aborted) return;
    if (listAgain) {
      void list();
      return;
    }
    const isUnread = store.state.conversations.list.some(({ unread }) => unread > 0);
    listTimer = clock.after(LIST_AGAIN_MILLIS[isUnread ? 'unread' : 'quiet'], () => void list());
  };

  const follow = (conversationId: ConversationId): void => {
    const key = conversationId;
    const known = followed.get(conversationId);
    if (known !== undefined) {
      // The newest stand last.
      followed.delete(conversationId);
      followed.set(conversationId, known);
      return;
    }
    const last = store.state.conversations.list.find((one) => one.id === conversationId)?.chat.messages.at(-1);
    const subscription = chat.subscribe(conversationId, {
      ...(last === undefined ? { backlog: options.backlog ?? BACKLOG } : { afterSeq: last.seq }),
      onMessage: (message) => {
        // All others come by the inbox.
        if (conversationId === GLOBAL_CONVERSATION) onHeard?.(message);
        tell({ kind: 'chat', key, event: { kind: 'message', message } });
        tell({ kind: 'heard', message, self: self() });
      },
      onTyping: (typing) => {
        if (typing.userId !== self()) tell({ kind: 'chat', key, event: { kind: 'typing', typing, now: clock.now() } });
      },
      onSkipped: ({ from, to }) => {
        say(
          'warn',
          `${to - from + 1} messages of while you were away are left out here; the server has them.`,
          undefined,
        );
      },
      onEnded: (error) => {
        followed.delete(conversationId);
        const wasShown = shown().key === key;
        if (leaving !== key && (wasShown || key === GLOBAL_CONVERSATION)) say('bad', error.message, undefined);
        tell({ kind: 'gone', key });
      },
    });
    followed.set(conversationId, subscription);
    void subscription.ready.then(() => tell({ kind: 'chat', key, event: { kind: 'backlog-ready' } }));
    for (const [id, old] of followed) {
      if (followed.size <= MOST_FOLLOWED + 1) break;
      if (id === GLOBAL_CONVERSATION || id === conversationId) continue;
      followed.delete(id);
      old.close();
    }
  };
  let leaving: string | undefined;
  follow(GLOBAL_CONVERSATION);
  ended.push(
    () => listTimer?.cancel(),
    () => {
      for (const subscription of followed.values()) subscription.close();
    },
    store.subscribe(() => {
      const { id } = shown();
      if (id !== undefined && !followed.has(id)) follow(id);
      markSeen();
    }),
  );

  /** Read is what was on the screen: while somebody looks at the past, or at prices, what comes is not. */
  const markSeen = (): void => {
    if (options.isSeen === false) return;
    const terminal = store.shown();
    const { id, key, scroll, chat: drawn, readSeq } = shownConversation(terminal);
    const newest = drawn.messages.at(-1)?.seq ?? 0;
    if (id === undefined || !terminal.conversations.known || scroll.kind !== 'end' || !chatIsShown(terminal)) return;
    if (newest > (markedSeqs.get(id) ?? readSeq)) markUpTo(id, key, newest);
  };
  const markUpTo = (id: ConversationId, key: string, seq: number): void => {
    markedSeqs.set(id, seq);
    chat.markRead(id, seq);
    tell({ kind: 'read', key, seq, self: self() });
  };

  /** Resolves with the page's length; 0 where there is nothing more, or it could not be had. */
  const olderPage = async (limit: number): Promise<number> => {
    const { id, key, chat: drawn } = shown();
    const before = drawn.messages[0]?.seq;
    if (id === undefined || before === undefined || (drawn.older !== 'some' && drawn.older !== 'failed')) return 0;
    tell({ kind: 'chat', key, event: { kind: 'older-asked' } });
    try {
      const page = await chat.api.history({ conversationId: id, before, limit }, stop.signal);
      tell({ kind: 'chat', key, event: { kind: 'older', ...page } });
      return page.messages.length;
    } catch {
      tell({ kind: 'chat', key, event: { kind: 'older-failed' } });
      return 0;
    }
  };

  /** Says what the server refused; false then. */
  const done = async (action: () => Promise<void>): Promise<boolean> => {
    try {
      await action();
      return true;
    } catch (error) {
      say('bad', error instanceof Error ? error.message : 'That did not work.');
      return false;
    }
  };
  const open = (key: string): void => {
    stoppedTyping();
    store.dispatch({ kind: 'opened', key });
  };
  const openNew = async (id: string): Promise<void> => {
    changes += 1;
    const summaries = await chat.api.conversations(stop.signal);
    tell({ kind: 'listed', summaries, self: self() });
    open(id);
  };
  const stoppedTyping = (): void => {
    const { id } = shown();
    if (id !== undefined) chat.typing(id).stopped();
  };

  const unsent = (): readonly OutgoingMessage[] =>
    store.state.conversations.list.flatMap(({ chat: drawn }) =>
      drawn.outgoing.filter(({ state }) => state.kind !== 'sent' && state.kind !== 'refused'),
    );

  return {
    send: (content) => {
      const { id, members } = shown();
      const to = id === undefined ? { recipientId: members[0] } : { conversationId: id };
      const { settled } = chat.send({ content, ...to });
      stoppedTyping();
      return settled;
    },
    typed: () => {
      const { id } = shown();
      if (id !== undefined) chat.typing(id).keyPressed();
    },
    stoppedTyping,
    loadOlder: () => void olderPage(PAGE),
    retry: () => {
      const { outgoing } = shown().chat;
      const waiting = outgoing.findLast(({ state }) => state.kind === 'retrying');
      if (waiting !== undefined) {
        chat.retry(waiting.clientMessageId);
        return true;
      }
      const refused = outgoing.findLast(({ state }) => state.kind === 'refused');
      if (refused === undefined) return false;
      const { clientMessageId, content, conversationId, recipientId } = refused;
      tell({ kind: 'chat', key: shown().key, event: { kind: 'outgoing-discarded', clientMessageId } });
      chat.send({ content, conversationId, recipientId });
      return true;
    },
    discard: () => {
      const { key, chat: drawn } = shown();
      const last = drawn.outgoing.findLast(({ state }) => state.kind !== 'sent');
      if (last === undefined) return undefined;
      if (last.state.kind !== 'refused') chat.discard(last.clientMessageId);
      const { clientMessageId } = last;
      tell({ kind: 'chat', key, event: { kind: 'outgoing-discarded', clientMessageId } });
      return last.content;
    },
    open,
    writeTo: (userId) => {
      const named = UserId.safeParse(userId);
      if (!named.success) {
        say('warn', `Nobody can be called ${userId.slice(0, 64)}: letters, digits and . _ - : @ make a name.`);
        return false;
      }
      const known = directWith(store.state.conversations, userId, self());
      if (known === undefined) tell({ kind: 'addressed', userId });
      open(known?.key ?? addressKey(userId));
      return true;
    },
    join: async (id) => {
      const known = store.state.conversations.list.find((one) => one.id === id || one.title === id);
      if (known !== undefined) {
        open(known.key);
        return;
      }
      const userId = self();
      if (userId === undefined) return;
      await done(async () => {
        try {
          await chat.api.addMember(id, userId);
        } catch (error) {
          const isUnknown = error instanceof RtdError && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND');
          if (!isUnknown) throw error;
          await createPublic(id);
        }
        await openNew(id);
      });
    },
    create: async (title, members) => {
      await done(async () => {
        const ids = members.map((member) => parseOrRefuse(UserId, member, 'name'));
        const { id } = await chat.api.createConversation({ kind: 'group', title, members: ids });
        await openNew(id);
      });
    },
    add: async (members) => {
      const { id } = shown();
      if (id === undefined) {
        say('warn', 'There is no conversation yet: write first.');
        return;
      }
      await done(async () => {
        for (const member of members) await chat.api.addMember(id, member);
        say('info', `${members.join(', ')} can read and write here now.`);
      });
      void list();
    },
    leave: async () => {
      const { id, key, kind } = shown();
      const userId = self();
      if (kind === 'global') say('info', 'Everybody is in global: there is no way out.');
      else if (id === undefined) tell({ kind: 'gone', key });
      else if (kind === 'direct') say('info', 'A direct conversation stays in the list; Ctrl-N goes to another one.');
      else if (userId !== undefined) {
        leaving = key;
        const left = await done(() => chat.api.removeMember(id, userId));
        if (!left) return;
        changes += 1;
        followed.get(id)?.close();
        followed.delete(id);
        tell({ kind: 'gone', key });
        leaving = undefined;
      }
    },
    markRead: (which) => {
      const { list: all } = store.state.conversations;
      for (const one of which === 'all' ? all : [shown()]) {
        if (one.id !== undefined && one.lastSeq > 0) markUpTo(one.id, one.key, one.lastSeq);
      }
      store.dispatch({ kind: 'scrolled', scroll: { kind: 'end' } });
    },
    search: async (text) => {
      const wanted = text.toLowerCase();
      const { key, scroll } = shown();
      const start = scroll.kind === 'at' ? scroll.seq - BELOW_FOUND : Number.POSITIVE_INFINITY;
      for (;;) {
        const { key: keyNow, chat: drawn } = shown();
        if (keyNow !== key) return;
        const { messages } = drawn;
        const at = messages.findLastIndex(({ seq, content }) => seq < start && content.toLowerCase().includes(wanted));
        const found = messages[Math.min(messages.length - 1, at + BELOW_FOUND)];
        if (at !== -1 && found !== undefined) {
          const newestSeen = scroll.kind === 'at' ? scroll.newestSeen : (messages.at(-1)?.seq ?? 0);
          // Any row past the last one means the last one.
          const row = Number.MAX_SAFE_INTEGER;
          store.dispatch({ kind: 'scrolled', scroll: { kind: 'at', seq: found.seq, row, newestSeen } });
          say('info', `Found "${text}"; /search ${text} again goes further back, Esc to the end.`);
          return;
        }
        if (messages.length >= SEARCHED || (await olderPage(500)) === 0) {
          say('warn', `Nothing with "${text}" ${start === Number.POSITIVE_INFINITY ? 'here' : 'further back'}.`);
          return;
        }
      }
    },
    reconnect: () => chat.reconnectNow(),
    ready: followed.get(GLOBAL_CONVERSATION)?.ready ?? Promise.resolve(),
    unsent,
    settled: (millis) =>
      new Promise((resolve) => {
        const enough = (): void => {
          timer.cancel();
          off();
          resolve();
        };
        const timer = clock.after(millis, enough);
        const off = chat.on('outgoing', () => {
          if (unsent().length === 0) enough();
        });
        if (unsent().length === 0) enough();
      }),
    close: async () => {
      stop.abort();
      for (const end of ended) end();
      await chat.close();
    },
  };

  async function createPublic(id: string): Promise<void> {
    try {
      const named = parseOrRefuse(ConversationIdSchema, id, 'name of a conversation');
      await chat.api.createConversation({ kind: 'public', id: named, title: id });
    } catch (error) {
      if (!(error instanceof RtdError && error.code === 'CONFLICT')) throw error;
      throw new RtdError('FORBIDDEN', `${id} is not open to everybody: one of its members has to add you.`);
    }
  }
}

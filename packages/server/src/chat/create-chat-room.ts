/**
 * The chat room: wires sending, live conversations, receipts, inboxes and typing to each other, and this server's room to
 * those of the other servers. What each part promises is in its own file; the way of a message is
 * send-message -> store -> here (confirmation, hints) -> live-conversation -> topics and inboxes.
 */
import {
  type Confirmation,
  type ErrorCode,
  type ErrorNotice,
  GLOBAL_CONVERSATION,
  type HistoryPage,
  type Limits,
  type MessageId,
  type ReadReceipt,
  RtdError,
  type ServerId,
  type Typing,
  toRtdError,
  type UserId,
} from '@rtd/protocol';
import type { Clock } from '../clock.ts';
import { createTopic } from '../fan-out/fan-out-topic.ts';
import type { Log } from '../telemetry/log.ts';
import type { ChatRoom, Delivery, SendRequest, SendResult } from './chat-room.ts';
import { createConversationDesk } from './conversations.ts';
import { followConversation } from './follow-conversation.ts';
import type { BusHint, Letter } from './hints.ts';
import { createInboxes } from './inbox.ts';
import { createLiveConversations } from './live-conversations.ts';
import type { MessageBus } from './message-bus.ts';
import { withStatus } from './message-status.ts';
import type { Appended, CommittedMessage, MessageStore } from './message-store.ts';
import { createRateLimit } from './rate-limit.ts';
import { createReadMarks } from './read-marks.ts';
import { createMessageSender } from './send-message.ts';
import type { ServerMailbox } from './server-mailbox.ts';
import { createTypingMarks } from './typing.ts';
import type { UserServers } from './user-servers.ts';
import { createUserTopics } from './user-topics.ts';

export interface ChatRoomOptions {
  /** The ports are used by the room and closed by who opened them. */
  readonly store: MessageStore;
  readonly bus: MessageBus;
  readonly mailbox: ServerMailbox;
  /** Where users are; left out where this is the only server. */
  readonly directory?: UserServers | undefined;
  readonly clock: Clock;
  /** A UUIDv7: ids sort by their time. */
  readonly newMessageId: () => MessageId;
  readonly limits: Limits;
  readonly log: Log;
  readonly serverId: ServerId;
  /** For metrics: told of each delivery, how many milliseconds after the first word of it here it came. */
  readonly waited?: ((millis: number) => void) | undefined;
}

/** For metrics and health; cheap. */
export interface ChatStats {
  readonly liveConversations: number;
  readonly inboxes: number;
  /** Messages committed through this server since it started. */
  readonly sent: number;
  /** Sends whose clientMessageId was known. */
  readonly repeated: number;
  /** Messages delivered to topics here, whoever sent them. */
  readonly delivered: number;
  /** Messages that were not taken, by the code of the refusal. */
  readonly refused: ReadonlyMap<ErrorCode, number>;
  /** Times that messages were fetched from the store which no hint had told of in time. */
  readonly healedGaps: number;
}

export interface RunningChatRoom extends ChatRoom {
  stats(): ChatStats;
  /** Ends the sweep and all listening; commits that are on their way finish. */
  close(): Promise<void>;
}

/** @throws RtdError STORE_UNAVAILABLE when the store does not answer. */
export async function createChatRoom(options: ChatRoomOptions): Promise<RunningChatRoom> {
  const { store, bus, mailbox, directory, clock, log, limits, serverId } = options;
  const budgetBytes = limits.SEND_BUFFER_BYTES === Number.POSITIVE_INFINITY ? 0 : limits.SEND_BUFFER_BYTES;
  const newDeliveryTopic = () => createTopic<Delivery>({ overflow: { kind: 'close' }, budgetBytes });

  const confirmations = createUserTopics(() => createTopic<Confirmation>({ overflow: { kind: 'close' }, budgetBytes }));
  const receipts = createUserTopics(() => createTopic<ReadReceipt>({ overflow: { kind: 'close' }, budgetBytes }));
  const errors = createUserTopics(() => createTopic<ErrorNotice>({ overflow: { kind: 'drop' }, budgetBytes }));
  const counts = { sent: 0, repeated: 0, delivered: 0, healedGaps: 0 };
  const refused = new Map<ErrorCode, number>();

  const newRateLimit = () => createRateLimit(clock, limits.MESSAGES_PER_SECOND, limits.MESSAGE_BURST);
  const typingRate = newRateLimit();
  const sender = createMessageSender({
    store,
    clock,
    rate: newRateLimit(),
    newMessageId: options.newMessageId,
  });

  const typing = createTypingMarks({
    clock,
    newTopic: () => createTopic<Typing>({ overflow: { kind: 'drop' }, budgetBytes }),
    tellOthers: (mark) => bus.publish({ kind: 'typing', from: serverId, typing: mark }),
    membersOf(conversationId) {
      const live = lives.peek(conversationId);
      // The answer comes by rosterChanged; where there is no such conversation yet, none does.
      if (live === undefined) lives.open(conversationId).catch(() => {});
      return live?.members();
    },
  });

  const inboxes = createInboxes({
    store,
    clock,
    log,
    budgetBytes: limits.SEND_BUFFER_BYTES,
    confirmed: confirm,
    notify: errors.publish,
  });

  const lives = await createLiveConversations({
    store,
    clock,
    log,
    newTopic: newDeliveryTopic,
    echoOf: sender.echoOf,
    delivered(delivery, roster) {
      counts.delivered += 1;
      inboxes.delivered(delivery, roster);
    },
    waited: (millis) => options.waited?.(millis),
    healed() {
      counts.healedGaps += 1;
    },
    rosterChanged(roster, lastSeq, gone) {
      typing.rosterChanged(roster);
      inboxes.rosterChanged(roster, lastSeq, gone);
    },
    wants: (id, lastSeq) =>
      (id !== GLOBAL_CONVERSATION && lastSeq > 0 && inboxes.size > 0) || typing.hasSubscribers(id),
  });

  const readMarks = createReadMarks({ store, clock, tell: tellReceipt });
  const conversations = createConversationDesk({
    store,
    newId: options.newMessageId,
    changed(roster) {
      lives.peek(roster.conversationId)?.applyRoster(roster);
      const { conversationId, version } = roster;
      bus.publish({ kind: 'roster', from: serverId, conversationId, roster: version });
    },
  });

  /** Calls `post` with each other server where one of the users is. Hints: nobody waits for them. */
  function toServersOf(users: readonly UserId[], post: (server: ServerId) => void): void {
    if (directory === undefined || users.length === 0) return;
    directory.serversOf(users).then(
      (servers) => {
        for (const server of servers) if (server !== serverId) post(server);
      },
      (error: unknown) =>
        log.debug({ err: error }, 'where users are is not known right now; the sweep makes up for it'),
    );
  }

  function confirm(userId: UserId, confirmation: Confirmation): void {
    confirmations.publish(userId, confirmation);
    toServersOf([userId], (server) => mailbox.post(server, { kind: 'confirmation', to: userId, confirmation }));
  }

  function tellReceipt(userId: UserId, receipt: ReadReceipt): void {
    receipts.publish(userId, receipt);
    toServersOf([userId], (server) => mailbox.post(server, { kind: 'receipt', to: userId, receipt }));
  }

  /** The hint to the other servers: to all for what everybody sees, else to those where members are. */
  function tellServers({ message, roster }: CommittedMessage): void {
    const hint = { kind: 'message', from: serverId, message, roster } as const;
    if (message.conversationId === GLOBAL_CONVERSATION) {
      bus.publish(hint);
      return;
    }
    if (directory === undefined) return;
    const post = (server: ServerId) => mailbox.post(server, hint);
    const members = lives.peek(message.conversationId)?.members();
    if (members !== undefined && members.version >= roster) toServersOf([...members.members], post);
    else {
      store.conversation(message.conversationId).then(
        (record) => toServersOf(record?.members ?? [], post),
        (error: unknown) => log.debug({ err: error }, 'a hint was not sent; the sweep makes up for it'),
      );
    }
  }

  function committed({ message, roster, repeated }: Appended): void {
    if (repeated) counts.repeated += 1;
    else {
      counts.sent += 1;
      lives.committed({ message, roster });
      tellServers({ message, roster });
    }
    const { id, conversationId, seq, timestamp, clientMessageId } = message;
    confirm(message.senderId, { clientMessageId, id, conversationId, seq, status: 'SENT', timestamp });
  }

  async function sendAll(
    who: Parameters<ChatRoom['send']>[0],
    requests: readonly SendRequest[],
  ): Promise<SendResult[]> {
    const sending = sender.send(who, requests, (all) => {
      for (const one of all) committed(one);
    });
    const appended = await sending.catch((error: unknown) => {
      const { code } = toRtdError(error);
      refused.set(code, (refused.get(code) ?? 0) + requests.length);
      throw error;
    });
    for (const { message } of appended) typing.set(who, message.conversationId, false);
    return appended.map(({ message, repeated }) => ({ message, repeated }));
  }

  function heardMessage(hint: Extract<BusHint | Letter, { kind: 'message' }>): void {
    if (hint.from !== serverId) lives.committed({ message: hint.message, roster: hint.roster });
  }

  function missedHints(): void {
    lives
      .sweep()
      .catch((error: unknown) => log.debug({ err: error }, 'the sweep failed; the next one makes up for it'));
  }

  const leaveBus = await bus.subscribe({
    hint(hint) {
      if (hint.from === serverId) return;
      if (hint.kind === 'message') heardMessage(hint);
      else if (hint.kind === 'typing') typing.heard(hint.typing);
      else lives.changed({ conversationId: hint.conversationId, lastSeq: 0, roster: hint.roster });
    },
    recovered: missedHints,
  });
  const closeMailbox = await mailbox.open(serverId, {
    letter(letter) {
      if (letter.kind === 'message') heardMessage(letter);
      else if (letter.kind === 'confirmation') confirmations.publish(letter.to, letter.confirmation);
      else receipts.publish(letter.to, letter.receipt);
    },
    recovered: missedHints,
  });

  const history: ChatRoom['history'] = async (who, { conversationId, before, after, limit }) => {
    // One more than asked for tells whether there is more.
    const page = await store.messages(conversationId, { before, after, limit: limit + 1 }, who.userId);
    const hasMore = page.messages.length > limit;
    const kept = !hasMore
      ? page.messages
      : after === undefined
        ? page.messages.slice(1)
        : page.messages.slice(0, limit);
    const messages = kept.map(({ message }) => withStatus(message, page.progress));
    return page.progress.length === 0 ? { messages, hasMore } : { messages, hasMore, cursors: [...page.progress] };
  };

  return {
    async send(who, request) {
      const [result] = await sendAll(who, [request]);
      if (result === undefined) throw new Error('a store must answer each message');
      return result;
    },
    sendAll,
    async subscribe(who, conversationId, subscriber, { afterSeq, removed }) {
      const live = await lives.open(conversationId);
      return followConversation({ store, live, userId: who.userId, subscriber, afterSeq, removed });
    },
    subscribeInbox: (who, subscriber) => inboxes.subscribe(who, subscriber),
    subscribeConfirmations: (who, subscriber) => confirmations.subscribe(who.userId, subscriber),
    subscribeReceipts: (who, subscriber) => receipts.subscribe(who.userId, subscriber),
    subscribeErrors: (who, subscriber) => errors.subscribe(who.userId, subscriber),
    subscribeTyping: (who, conversationId, subscriber) => typing.subscribe(who, conversationId, subscriber),
    async setTyping(who, conversationId, isTyping) {
      // Nobody needs to be told: a mark that is lost ends by itself, and the next one says the same.
      if (!typingRate.tryTake(who.userId)) return;
      // Pages say so before a conversation exists; and whether one does is nobody's business.
      const live = await lives.open(conversationId).catch((error: unknown) => {
        if (error instanceof RtdError && error.code === 'FORBIDDEN') return undefined;
        throw error;
      });
      if (live?.includes(who.userId) === true) typing.set(who, conversationId, isTyping);
    },
    markRead: (who, upTo) => readMarks.mark(who.userId, upTo),
    history,
    async poll(who, { conversationId, after, limit, waitMillis }, signal) {
      const empty: HistoryPage = { messages: [], hasMore: false };
      const page = await history(who, { conversationId, after, limit });
      if (page.messages.length > 0 || waitMillis <= 0 || signal.aborted) return page;
      const live = await lives.open(conversationId);
      await live.beyond(who.userId, after, waitMillis, signal);
      if (signal.aborted) return empty;
      // Everybody who waits on global is woken by the same message: that must not be a read each.
      const recent = conversationId === GLOBAL_CONVERSATION ? live.recentAfter(after) : undefined;
      if (recent === undefined) return history(who, { conversationId, after, limit });
      const messages = recent.slice(0, limit).map(({ message }) => withStatus(message, []));
      return { messages, hasMore: recent.length > limit };
    },
    conversations: (who) => conversations.list(who.userId),
    createConversation: (who, request) => conversations.create(who.userId, request),
    addMember: (who, conversationId, userId) => conversations.addMember(who.userId, conversationId, userId),
    removeMember: (who, conversationId, userId) => conversations.removeMember(who.userId, conversationId, userId),
    stats: () => ({ liveConversations: lives.size, inboxes: inboxes.size, ...counts, refused }),
    async close() {
      leaveBus();
      closeMailbox();
      typing.close();
      await inboxes.close();
      await lives.close();
    },
  };
}

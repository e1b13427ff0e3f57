/**
 * Who is typing where. A mark ends when its user says so, sends, or does not renew it for 5 s; the server of the user
 * tells the others of each end, and these end it themselves a little later should that get lost.
 * Renewals are passed on at most once a second. Members only: who may not see a mark has no subscription behind it.
 */
import { type ConversationId, GLOBAL_CONVERSATION, type Typing, type UserId } from '@rtd/protocol';
import type { Identity } from '../auth/identity.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { Topic, TopicSubscription } from '../fan-out/topic.ts';
import { isIn, type Roster } from './roster.ts';

export const TYPING_MILLIS = 5_000;
const RENEWAL_MILLIS = 1_000;
/** How much longer a mark from another server is believed. */
const REMOTE_GRACE_MILLIS = 1_500;
/** Conversations in which one user may be typing at once. */
const MAX_MARKS_A_USER = 8;

export interface TypingOptions {
  readonly clock: Clock;
  newTopic(): Topic<Typing>;
  /** To the other servers. */
  tellOthers(typing: Typing): void;
  /** The members as far as they are known here; asking may make them known, which comes back as `rosterChanged`. */
  membersOf(conversationId: ConversationId): Roster | undefined;
}

export interface TypingMarks {
  subscribe(who: Identity, conversationId: ConversationId, subscriber: Subscriber<Typing>): TopicSubscription;
  /** By a user of this server who is a member. */
  set(who: Identity, conversationId: ConversationId, isTyping: boolean): void;
  /** From another server. */
  heard(typing: Typing): void;
  rosterChanged(roster: Roster): void;
  hasSubscribers(conversationId: ConversationId): boolean;
  close(): void;
}

interface Watcher {
  readonly userId: UserId;
  readonly subscriber: Subscriber<Typing>;
  subscription: TopicSubscription | undefined;
}

interface Mark {
  readonly typing: Typing;
  toldAt: number;
  expiry: Timer;
}

export function createTypingMarks(options: TypingOptions): TypingMarks {
  const { clock } = options;
  const rooms = new Map<ConversationId, { readonly topic: Topic<Typing>; readonly watchers: Set<Watcher> }>();
  const marks = new Map<UserId, Map<ConversationId, Mark>>();

  const now = () => new Date(clock.now()).toISOString();

  function show(typing: Typing): void {
    rooms.get(typing.conversationId)?.topic.publish(typing);
  }

  function admit(watcher: Watcher, topic: Topic<Typing>, allowed: boolean): void {
    if (allowed) watcher.subscription ??= topic.subscribe(watcher.subscriber);
    else {
      watcher.subscription?.unsubscribe();
      watcher.subscription = undefined;
    }
  }

  function markOf(userId: UserId, conversationId: ConversationId): Mark | undefined {
    return marks.get(userId)?.get(conversationId);
  }

  /** False where there was no such mark. */
  function dropMark(userId: UserId, conversationId: ConversationId): boolean {
    const own = marks.get(userId);
    const mark = own?.get(conversationId);
    if (own === undefined || mark === undefined) return false;
    mark.expiry.cancel();
    own.delete(conversationId);
    if (own.size === 0) marks.delete(userId);
    return true;
  }

  /** False where the user has too many: then it must not be shown, for nothing would end it. */
  function keepMark(typing: Typing, millis: number, ended: () => void): boolean {
    const { userId, conversationId } = typing;
    dropMark(userId, conversationId);
    const own = marks.get(userId) ?? new Map<ConversationId, Mark>();
    if (own.size >= MAX_MARKS_A_USER) return false;
    marks.set(userId, own);
    own.set(conversationId, { typing, toldAt: clock.monotonic(), expiry: clock.after(millis, ended) });
    return true;
  }

  function end(typing: Typing, tell: boolean): void {
    if (!dropMark(typing.userId, typing.conversationId)) return;
    const ended: Typing = { ...typing, isTyping: false, timestamp: now() };
    show(ended);
    if (tell) options.tellOthers(ended);
  }

  return {
    subscribe(who, conversationId, subscriber) {
      const room = rooms.get(conversationId) ?? { topic: options.newTopic(), watchers: new Set<Watcher>() };
      rooms.set(conversationId, room);
      const watcher: Watcher = { userId: who.userId, subscriber, subscription: undefined };
      room.watchers.add(watcher);
      if (conversationId === GLOBAL_CONVERSATION) admit(watcher, room.topic, true);
      else {
        const roster = options.membersOf(conversationId);
        if (roster !== undefined) admit(watcher, room.topic, isIn(roster, who.userId));
      }
      return {
        unsubscribe() {
          admit(watcher, room.topic, false);
          room.watchers.delete(watcher);
          if (room.watchers.size === 0 && rooms.get(conversationId) === room) rooms.delete(conversationId);
        },
      };
    },
    set(who, conversationId, isTyping) {
      const { userId, userName } = who;
      const typing: Typing = { conversationId, userId, userName, isTyping, timestamp: now() };
      const mark = markOf(userId, conversationId);
      if (!isTyping) {
        end(typing, true);
        return;
      }
      if (mark !== undefined && clock.monotonic() - mark.toldAt < RENEWAL_MILLIS) {
        mark.expiry.cancel();
        mark.expiry = clock.after(TYPING_MILLIS, () => end(typing, true));
        return;
      }
      if (!keepMark(typing, TYPING_MILLIS, () => end(typing, true))) return;
      show(typing);
      options.tellOthers(typing);
    },
    heard(typing) {
      if (!rooms.has(typing.conversationId)) return;
      if (typing.isTyping) {
        if (keepMark(typing, TYPING_MILLIS + REMOTE_GRACE_MILLIS, () => end(typing, false))) show(typing);
      } else end(typing, false);
    },
    rosterChanged(roster) {
      const room = rooms.get(roster.conversationId);
      if (room === undefined) return;
      for (const watcher of room.watchers) admit(watcher, room.topic, isIn(roster, watcher.userId));
    },
    hasSubscribers: (conversationId) => rooms.has(conversationId),
    close() {
      for (const own of marks.values()) for (const mark of own.values()) mark.expiry.cancel();
      marks.clear();
    },
  };
}

/**
 * The conversations that are live on this server, and the sweep that finds what no hint told of.
 * Bounded by what is followed here, plus those that had a message within the last minute.
 */
import { type ConversationId, RtdError } from '@rtd/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import { createLiveConversation, type LiveConversation, type LiveConversationOptions } from './live-conversation.ts';
import type { ChangeMark, CommittedMessage, MessageStore } from './message-store.ts';

export const SWEEP_MILLIS = 2_000;
/** How long a conversation that nobody follows stays live. */
const IDLE_MILLIS = 60_000;

export interface LiveConversationsOptions
  extends Pick<
    LiveConversationOptions,
    'store' | 'clock' | 'log' | 'echoOf' | 'delivered' | 'rosterChanged' | 'waited' | 'healed'
  > {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Log;
  newTopic(): LiveConversationOptions['topic'];
  /** True where somebody here wants to know of this conversation though nobody follows it. `lastSeq`: 0 where no message is told of. */
  wants(conversationId: ConversationId, lastSeq: number): boolean;
}

export interface LiveConversations {
  /** Ready to deliver. @throws RtdError FORBIDDEN where there is no such conversation, STORE_UNAVAILABLE */
  open(conversationId: ConversationId): Promise<LiveConversation>;
  /** Undefined where it is not live. */
  peek(conversationId: ConversationId): LiveConversation | undefined;
  committed(message: CommittedMessage): void;
  changed(change: { conversationId: ConversationId; lastSeq: number; roster: number }): void;
  /** Asks the store at once what has changed since the last time. */
  sweep(): Promise<void>;
  readonly size: number;
  /** Ends the sweep. */
  close(): Promise<void>;
}

export async function createLiveConversations(options: LiveConversationsOptions): Promise<LiveConversations> {
  const { store, clock, log } = options;
  const lives = new Map<ConversationId, LiveConversation>();
  /** Could not be read when somebody wanted them; the next sweep tries again. */
  const unread = new Set<ConversationId>();
  let mark: ChangeMark = (await store.changedSince(undefined)).mark;
  let sweeping: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let closed = false;

  function live(conversationId: ConversationId): LiveConversation {
    const known = lives.get(conversationId);
    if (known !== undefined) return known;
    const fresh = createLiveConversation({ ...options, conversationId, topic: options.newTopic() });
    lives.set(conversationId, fresh);
    fresh.ready().catch((error: unknown) => {
      if (lives.get(conversationId) === fresh) lives.delete(conversationId);
      const exists = !(error instanceof RtdError && error.code === 'FORBIDDEN');
      if (exists && options.wants(conversationId, 1)) unread.add(conversationId);
    });
    return fresh;
  }

  async function sweep(): Promise<void> {
    const answer = await store.changedSince(mark);
    mark = answer.mark;
    for (const change of answer.changes) changed(change);
    const again = [...unread];
    unread.clear();
    for (const conversationId of again) if (options.wants(conversationId, 1)) live(conversationId);
  }

  function changed(change: { conversationId: ConversationId; lastSeq: number; roster: number }): void {
    const { conversationId, lastSeq, roster } = change;
    const known =
      lives.get(conversationId) ?? (options.wants(conversationId, lastSeq) ? live(conversationId) : undefined);
    known?.heard(lastSeq, roster);
  }

  function forgetUnused(): void {
    const longAgo = clock.monotonic() - IDLE_MILLIS;
    for (const [id, conversation] of lives) {
      conversation.tidy();
      if (conversation.unused && conversation.usedAt < longAgo) lives.delete(id);
    }
  }

  /** One at a time; who asks while one is under way gets one that began later. */
  function sweepOnce(): Promise<void> {
    if (sweeping !== undefined) {
      const next = () => {
        following = undefined;
        return sweepOnce();
      };
      following ??= sweeping.then(next, next);
      return following;
    }
    sweeping = sweep().finally(() => {
      sweeping = undefined;
    });
    return sweeping;
  }

  const timer = clock.every(SWEEP_MILLIS, () => {
    if (closed) return;
    forgetUnused();
    sweepOnce().catch((error: unknown) => log.debug({ err: error }, 'the sweep failed; the next one makes up for it'));
  });

  return {
    async open(conversationId) {
      const conversation = live(conversationId);
      await conversation.ready();
      return conversation;
    },
    peek: (conversationId) => lives.get(conversationId),
    committed(message) {
      const { conversationId, seq } = message.message;
      const known =
        lives.get(conversationId) ?? (options.wants(conversationId, seq) ? live(conversationId) : undefined);
      known?.offer(message);
    },
    changed,
    sweep: sweepOnce,
    get size() {
      return lives.size;
    },
    async close() {
      closed = true;
      timer.cancel();
      await (following ?? sweeping)?.catch(() => {});
    },
  };
}

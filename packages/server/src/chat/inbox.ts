/** The inboxes that are open on this server: which deliveries and changes of members concern which of them. */
import type { Confirmation, ErrorNotice, UserId } from '@rtd/protocol';
import { GLOBAL_CONVERSATION, RtdError } from '@rtd/protocol';
import type { DeviceIdentity } from '../auth/identity.ts';
import type { Clock } from '../clock.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { Log } from '../telemetry/log.ts';
import type { Delivery, InboxSubscription } from './chat-room.ts';
import { createDeviceCursors } from './device-cursors.ts';
import { createInboxDevice, type InboxDevice, MAX_WAITING } from './inbox-device.ts';
import type { InboxContents, MessageStore } from './message-store.ts';
import type { Roster } from './roster.ts';

/** Conversations whose left-out messages are told of one by one. */
const MAX_NOTICES = 20;

export interface InboxesOptions {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Unsent bytes past which an inbox is closed. */
  readonly budgetBytes: number;
  /** To the sender: a message has reached its recipient. */
  confirmed(sender: UserId, confirmation: Confirmation): void;
  /** To the user's error queues on this server. */
  notify(userId: UserId, notice: ErrorNotice): void;
}

export interface Inboxes {
  /** Open ones. */
  readonly size: number;
  /** Resolves when it is live. @throws RtdError STORE_UNAVAILABLE */
  subscribe(who: DeviceIdentity, subscriber: Subscriber<Delivery>): Promise<InboxSubscription>;
  /** A message was delivered in a conversation with these members. */
  delivered(delivery: Delivery, roster: Roster): void;
  /** The members are known, or have changed (`gone` are none any more); the conversation has messages up to `lastSeq`. */
  rosterChanged(roster: Roster, lastSeq: number, gone: readonly UserId[]): void;
  /** Resolves when what was acknowledged is stored. */
  close(): Promise<void>;
}

export function createInboxes(options: InboxesOptions): Inboxes {
  const { store, clock, log, budgetBytes, confirmed } = options;
  const deviceCursors = createDeviceCursors({ store, clock, log, confirmed });
  const devices = new Map<UserId, Set<InboxDevice>>();
  const open = new Set<() => void>();
  const settling = new Set<Promise<unknown>>();

  function enter(device: InboxDevice): () => void {
    const own = devices.get(device.userId) ?? new Set<InboxDevice>();
    devices.set(device.userId, own);
    own.add(device);
    return () => {
      device.close();
      own.delete(device);
      if (own.size === 0 && devices.get(device.userId) === own) devices.delete(device.userId);
    };
  }

  /** The open inboxes of members, by way of the shorter list. */
  function* inboxesOf(roster: Roster): Generator<InboxDevice> {
    if (roster.members.size <= devices.size) {
      for (const userId of roster.members) yield* devices.get(userId) ?? [];
    } else {
      for (const [userId, own] of devices) if (roster.members.has(userId)) yield* own;
    }
  }

  function tellLeftOut(userId: UserId, leftOut: InboxContents['leftOut']): void {
    for (const { conversationId, firstSeq } of leftOut.slice(0, MAX_NOTICES)) {
      options.notify(userId, {
        code: 'RESUME_TRUNCATED',
        message:
          `More than ${MAX_WAITING} messages were waiting. Of conversation ${conversationId} only those from ` +
          `seq ${firstSeq} on are sent; older ones are in its history.`,
        destination: '/user/queue/messages',
        retryable: false,
        conversationId,
        firstSeq,
        timestamp: new Date(clock.now()).toISOString(),
      });
    }
  }

  return {
    get size() {
      return open.size;
    },
    async subscribe(who, subscriber) {
      const { userId, device: deviceId } = who;
      const cursors = deviceCursors.take(who);
      // A device that comes straight back must not be sent again what it has acknowledged.
      await cursors.stored();
      const device = createInboxDevice({
        store,
        clock,
        log,
        userId,
        subscriber,
        budgetBytes,
        cursors,
        acknowledged: cursors.behindHoles(),
        waiting: (only) => store.inbox(userId, deviceId, MAX_WAITING, only),
      });
      // Entered first: what is delivered while the device reads its backlog must not be missed.
      const leave = enter(device);
      const end = () => {
        if (!open.delete(end)) return;
        leave();
        const settled = cursors.stored().finally(() => {
          settling.delete(settled);
          deviceCursors.release(who);
        });
        settling.add(settled);
      };
      open.add(end);
      try {
        tellLeftOut(userId, await device.start());
      } catch (error) {
        end();
        throw error;
      }
      return {
        unsubscribe: end,
        delivered: cursors.delivered,
        async stored() {
          if (await cursors.stored()) return;
          throw new RtdError(
            'STORE_UNAVAILABLE',
            'What was acknowledged cannot be stored right now; it is tried again.',
          );
        },
      };
    },
    delivered(delivery, roster) {
      if (open.size === 0 || roster.conversationId === GLOBAL_CONVERSATION) return;
      for (const device of inboxesOf(roster)) device.offer(delivery);
    },
    rosterChanged(roster, lastSeq, gone) {
      if (open.size === 0 || roster.conversationId === GLOBAL_CONVERSATION) return;
      for (const device of inboxesOf(roster)) device.heard(roster.conversationId, lastSeq);
      for (const userId of gone) {
        for (const device of devices.get(userId) ?? []) device.removedFrom(roster.conversationId);
      }
    },
    async close() {
      for (const end of [...open]) end();
      await Promise.all(settling);
    },
  };
}

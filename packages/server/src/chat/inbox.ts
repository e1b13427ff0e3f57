/** Thin. */
import type { Confirmation, ErrorNotice, UserId } from '@rtd/protocol';
import type { DeviceIdentity } from '../auth/identity.ts';
import type { Clock } from '../clock.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { Topic } from '../fan-out/topic.ts';
import type { Log } from '../telemetry/log.ts';
import type { Delivery, InboxSubscription } from './chat-room.ts';
import type { MessageStore } from './message-store.ts';
import type { Roster } from './roster.ts';

export interface InboxesOptions {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Log;
  newTopic(): Topic<Delivery>;
  /** To the sender: a message has reached its recipient. */
  confirmed(sender: UserId, confirmation: Confirmation): void;
  /** To the user's error queues. */
  notify(userId: UserId, notice: ErrorNotice): void;
}

export interface Inboxes {
  readonly size: number;
  subscribe(who: DeviceIdentity, subscriber: Subscriber<Delivery>): Promise<InboxSubscription>;
  delivered(delivery: Delivery, roster: Roster): void;
  rosterChanged(roster: Roster, lastSeq: number): void;
  close(): Promise<void>;
}

export function createInboxes(_options: InboxesOptions): Inboxes {
  return {
    size: 0,
    subscribe: () => Promise.resolve({ unsubscribe() {}, delivered() {} }),
    delivered() {},
    rosterChanged() {},
    close: () => Promise.resolve(),
  };
}

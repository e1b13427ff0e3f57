/** What the gateway may ask of presence. One object behind it, made by `createPresenceRoom` (create-presence-room.ts). */
import type { Presence, PresenceStatus, ResourcePresence } from '@rtd/protocol';
import type { Identity } from '../auth/identity.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { TopicSubscription } from '../fan-out/topic.ts';

/** One live session of a user; the user is online while it has one, and 5 s longer (a reconnect is no change). */
export interface PresenceSession {
  setStatus(status: PresenceStatus): Promise<void>;
  /** "I am looking at this": lasts 120 s from the last call; one resource a session, the newest. */
  lookAt(resourceType: string, resourceId: string): Promise<void>;
  end(): void;
}

export interface PresenceRoom {
  begin(who: Identity): PresenceSession;
  /** Everybody who is known: online, and offline with when they were last seen. */
  list(): Promise<readonly Presence[]>;
  /** Changes only. */
  subscribe(subscriber: Subscriber<Presence>): TopicSubscription;
  /** Who looks at this, on every change, and once at the start. */
  subscribeResource(
    resourceType: string,
    resourceId: string,
    subscriber: Subscriber<ResourcePresence>,
  ): TopicSubscription;
  onlineUsers(): number;
}

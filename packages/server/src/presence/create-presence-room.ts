/**
 * Presence: sessions of this server, joined to what users are.
 *
 * A user's status here is the best that one of their sessions has. What ends a session takes hold 5 s later only, so that a
 * reconnect is no change: neither OFFLINE, nor looking away. What makes somebody more present holds at once, but whatever
 * a client says a thousand times a second is passed on a few times a second, as it is then.
 */
import type { Presence, PresenceStatus, ResourcePresence, UserId } from '@rtd/protocol';
import type { Identity } from '../auth/identity.ts';
import type { Clock, Timer } from '../clock.ts';
import { createTopic } from '../fan-out/fan-out-topic.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { TopicSubscription } from '../fan-out/topic.ts';
import { type Paced, paced } from './paced.ts';
import type { PresenceDirectory, PresenceRecord, Resource } from './presence-directory.ts';
import type { PresenceRoom, PresenceSession } from './presence-room.ts';
import { WatchedResource } from './watched-resource.ts';

/** How long after a session's end its user still has it (contract, section 3). */
const GRACE_MILLIS = 5_000;

/** The least time between two changes of one user's status, and of what one session looks at. */
const PACE_MILLIS = 250;

export interface PresenceRoomOptions {
  /** Closed by who opened it. */
  readonly directory: PresenceDirectory;
  readonly clock: Clock;
  /** `SEND_BUFFER_BYTES`: a subscriber with more than this unsent misses changes. */
  readonly budgetBytes: number;
}

export function createPresenceRoom(options: PresenceRoomOptions): PresenceRoom & { close(): void } {
  const { directory, clock, budgetBytes } = options;
  const users = new Map<UserId, User>();
  const resources = new Map<string, WatchedResource>();
  const topic = createTopic<Presence>({ overflow: { kind: 'drop' }, budgetBytes });
  const watch = directory.watch((record) => topic.publish(presenceOf(record, clock.now())));

  function begin(who: Identity): PresenceSession {
    let user = users.get(who.userId);
    if (user === undefined) {
      user = new User(who.userId, { directory, clock, forget: (userId) => users.delete(userId) });
      users.set(who.userId, user);
    }
    return user.begin(who.userName);
  }

  function watched(resource: Resource): WatchedResource {
    const key = keyOf(resource);
    const known = resources.get(key);
    if (known !== undefined) return known;
    const fresh = new WatchedResource(resource, directory, budgetBytes, () => resources.delete(key));
    resources.set(key, fresh);
    return fresh;
  }

  return {
    begin,
    async list() {
      const now = clock.now();
      return (await directory.list()).map((record) => presenceOf(record, now));
    },
    subscribe: (subscriber) => topic.subscribe(subscriber),
    subscribeResource(type: string, id: string, subscriber: Subscriber<ResourcePresence>): TopicSubscription {
      return watched({ type, id }).subscribe(subscriber);
    },
    onlineUsers() {
      let online = 0;
      for (const user of users.values()) if (user.status !== 'OFFLINE') online++;
      return online;
    },
    close() {
      watch.close();
      for (const user of users.values()) user.close();
      for (const resource of resources.values()) resource.close();
      users.clear();
      resources.clear();
    },
  };
}

const RANK: Readonly<Record<PresenceStatus, number>> = { OFFLINE: 0, AWAY: 1, ONLINE: 2 };

interface UserSurroundings {
  readonly directory: PresenceDirectory;
  readonly clock: Clock;
  /** Nothing is left of the user here. */
  forget(userId: UserId): void;
}

/** A user with sessions on this server, or who had some within the grace. */
class User {
  readonly #id: UserId;
  readonly #around: UserSurroundings;
  readonly #sessions = new Set<Session>();
  /** What ended sessions looked at, until the grace is over. */
  readonly #lingering = new Map<string, Resource>();
  #grace: Timer | undefined;
  #told: PresenceRecord | undefined;
  #name = '';
  #lastSeen = 0;
  readonly #telling: Paced;

  constructor(id: UserId, around: UserSurroundings) {
    this.#id = id;
    this.#around = around;
    this.#telling = paced(around.clock, PACE_MILLIS, () => this.#tell());
  }

  get status(): PresenceStatus {
    return this.#told?.status ?? 'OFFLINE';
  }

  begin(name: string): PresenceSession {
    const session = new Session(paced(this.#around.clock, PACE_MILLIS, () => this.#look(session)));
    this.#sessions.add(session);
    this.#name = name;
    this.#telling.ask();
    return {
      setStatus: async (status) => {
        if (!this.#sessions.has(session)) return;
        session.status = status;
        this.#telling.ask();
      },
      lookAt: async (type, id) => {
        if (!this.#sessions.has(session)) return;
        session.wants = { type, id };
        session.looking.ask();
      },
      end: () => this.#end(session),
    };
  }

  close(): void {
    this.#grace?.cancel();
    this.#telling.cancel();
    for (const session of this.#sessions) session.looking.cancel();
    this.#sessions.clear();
  }

  #end(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    session.looking.cancel();
    this.#lastSeen = this.#around.clock.now();
    if (session.looksAt !== undefined) this.#lingering.set(keyOf(session.looksAt), session.looksAt);
    // Every end starts the grace anew: who reconnects again and again is here all the time.
    this.#grace?.cancel();
    this.#grace = this.#around.clock.after(GRACE_MILLIS, () => this.#graceOver());
  }

  #graceOver(): void {
    this.#grace = undefined;
    for (const resource of this.#lingering.values()) this.#lookAwayUnlessSeen(resource);
    this.#lingering.clear();
    this.#telling.now();
    if (this.#sessions.size === 0) this.#around.forget(this.#id);
  }

  #look(session: Session): void {
    const { looksAt: before, wants } = session;
    if (wants === undefined) return;
    session.looksAt = wants;
    this.#around.directory.lookAt(wants, this.#id);
    if (before !== undefined) this.#lookAwayUnlessSeen(before);
  }

  #lookAwayUnlessSeen(resource: Resource): void {
    const key = keyOf(resource);
    for (const session of this.#sessions) {
      if (session.looksAt !== undefined && keyOf(session.looksAt) === key) return;
    }
    this.#around.directory.lookAway(resource, this.#id);
  }

  #tell(): void {
    let status: PresenceStatus = 'OFFLINE';
    for (const session of this.#sessions) if (RANK[session.status] > RANK[status]) status = session.status;
    if (this.#told?.status === status && this.#told.userName === this.#name) return;
    const ended = this.#sessions.size === 0;
    const lastSeen = ended ? this.#lastSeen : this.#around.clock.now();
    this.#told = { userId: this.#id, userName: this.#name, status, lastSeen };
    this.#around.directory.put(this.#told);
  }
}

class Session {
  status: PresenceStatus = 'ONLINE';
  /** As the directory knows it, which ends it after 120 s. */
  looksAt: Resource | undefined;
  /** The newest; the directory is told soon. */
  wants: Resource | undefined;
  readonly looking: Paced;

  constructor(looking: Paced) {
    this.looking = looking;
  }
}

/** Neither half can have a slash. */
function keyOf({ type, id }: Resource): string {
  return `${type}/${id}`;
}

function presenceOf({ userId, userName, status, lastSeen }: PresenceRecord, now: number): Presence {
  return {
    userId,
    userName,
    status,
    lastSeen: new Date(lastSeen).toISOString(),
    timestamp: new Date(now).toISOString(),
  };
}

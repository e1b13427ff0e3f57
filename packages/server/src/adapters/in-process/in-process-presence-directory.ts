/**
 * Presence within one process: one `PresenceHub` that every server of the process joins (there is one, except in tests).
 * Keeps the promises of the port, leases too, with at most {@link MAX_OFFLINE} users who are OFFLINE.
 */
import type { PresenceStatus, ServerId, UserId } from '@rtd/protocol';
import type { Clock, Timer } from '../../clock.ts';
import {
  LOOK_MILLIS,
  type PresenceDirectory,
  type PresenceRecord,
  type Resource,
  type Watch,
} from '../../presence/presence-directory.ts';

const LEASE_MILLIS = 10_000;
const SWEEP_MILLIS = 1_000;
/** The ones that were seen last are kept. */
const MAX_OFFLINE = 10_000;

export interface PresenceHub {
  /** The directory as one server sees it. One a server id. */
  join(serverId: ServerId): PresenceDirectory;
}

export function createPresenceHub(clock: Clock): PresenceHub {
  const hub = new Hub(clock);
  return { join: (serverId) => hub.join(serverId) };
}

/** What every server said of a user, and what that comes to. */
interface Known {
  readonly said: Map<ServerId, PresenceRecord>;
  joined: PresenceRecord;
}

/** Who looks at a resource: user -> server that said so -> until when. */
type Looks = Map<UserId, Map<ServerId, number>>;

class Hub {
  readonly #clock: Clock;
  readonly #users = new Map<UserId, Known>();
  /** In the order in which they went: the first one was seen longest ago. */
  readonly #offline = new Set<UserId>();
  readonly #looks = new Map<string, Looks>();
  readonly #watchers = new Set<(record: PresenceRecord) => void>();
  readonly #resourceWatchers = new Map<string, Set<(users: readonly UserId[]) => void>>();
  /** Servers that have closed, and until when what they said holds. */
  readonly #leases = new Map<ServerId, number>();
  #servers = 0;
  #sweep: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(serverId: ServerId): PresenceDirectory {
    this.#leases.delete(serverId);
    this.#servers++;
    this.#sweep ??= this.#clock.every(SWEEP_MILLIS, () => this.#sweepUp());
    const watches = new Set<Watch>();
    let open = true;
    const kept = (watch: Watch): Watch => {
      watches.add(watch);
      return {
        close: () => {
          watch.close();
          watches.delete(watch);
        },
      };
    };
    return {
      put: (record) => {
        if (open) this.#put(serverId, record);
      },
      list: async () => [...this.#users.values()].map((known) => known.joined),
      watch: (changed) => kept(this.#watch(changed)),
      lookAt: (resource, userId) => {
        if (open) this.#look(serverId, resource, userId);
      },
      lookAway: (resource, userId) => this.#lookAway(serverId, keyOf(resource), userId),
      watchResource: (resource, changed) => kept(this.#watchResource(keyOf(resource), changed)),
      check: async () => {},
      close: async () => {
        if (!open) return;
        open = false;
        for (const watch of watches) watch.close();
        this.#left(serverId);
      },
    };
  }

  #left(serverId: ServerId): void {
    this.#servers--;
    this.#leases.set(serverId, this.#clock.now() + LEASE_MILLIS);
    if (this.#servers > 0) return;
    // Nobody is left to see it.
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #put(serverId: ServerId, record: PresenceRecord): void {
    const known = this.#users.get(record.userId) ?? { said: new Map(), joined: { ...record, status: 'OFFLINE' } };
    known.said.set(serverId, record);
    this.#users.set(record.userId, known);
    this.#join(known);
  }

  #join(known: Known): void {
    const before = known.joined;
    const records = [...known.said.values()];
    const joined = records.reduce((best, record) => (isBefore(best, record) ? record : best), records[0] ?? before);
    const { userId } = joined;
    known.joined = joined;
    this.#offline.delete(userId);
    if (joined.status === 'OFFLINE') {
      known.said.clear();
      this.#offline.add(userId);
      this.#forgetOldest();
    }
    if (joined.status === before.status && joined.userName === before.userName) return;
    for (const watcher of this.#watchers) watcher(joined);
  }

  #forgetOldest(): void {
    if (this.#offline.size <= MAX_OFFLINE) return;
    const [oldest] = this.#offline;
    if (oldest === undefined) return;
    this.#offline.delete(oldest);
    this.#users.delete(oldest);
  }

  #watch(changed: (record: PresenceRecord) => void): Watch {
    // A function of its own: the same one may watch twice.
    const watcher = (record: PresenceRecord): void => changed(record);
    this.#watchers.add(watcher);
    return { close: () => this.#watchers.delete(watcher) };
  }

  #look(serverId: ServerId, resource: Resource, userId: UserId): void {
    const key = keyOf(resource);
    const looks: Looks = this.#looks.get(key) ?? new Map();
    const servers = looks.get(userId) ?? new Map<ServerId, number>();
    const isNew = servers.size === 0;
    servers.set(serverId, this.#clock.now() + LOOK_MILLIS);
    looks.set(userId, servers);
    this.#looks.set(key, looks);
    if (isNew) this.#tellLooks(key);
  }

  #lookAway(serverId: ServerId, key: string, userId: UserId): void {
    const looks = this.#looks.get(key);
    const servers = looks?.get(userId);
    if (looks === undefined || servers?.delete(serverId) !== true || servers.size > 0) return;
    looks.delete(userId);
    if (looks.size === 0) this.#looks.delete(key);
    this.#tellLooks(key);
  }

  #watchResource(key: string, changed: (users: readonly UserId[]) => void): Watch {
    const watcher = (users: readonly UserId[]): void => changed(users);
    const watchers = this.#resourceWatchers.get(key) ?? new Set();
    watchers.add(watcher);
    this.#resourceWatchers.set(key, watchers);
    watcher(this.#lookersAt(key));
    return {
      close: () => {
        watchers.delete(watcher);
        if (watchers.size === 0 && this.#resourceWatchers.get(key) === watchers) this.#resourceWatchers.delete(key);
      },
    };
  }

  #tellLooks(key: string): void {
    const watchers = this.#resourceWatchers.get(key);
    if (watchers === undefined) return;
    const users = this.#lookersAt(key);
    for (const watcher of watchers) watcher(users);
  }

  #lookersAt(key: string): readonly UserId[] {
    return [...(this.#looks.get(key)?.keys() ?? [])].sort();
  }

  /** Ends what has had its time: looks, and what servers said that are gone. */
  #sweepUp(): void {
    const now = this.#clock.now();
    for (const [key, looks] of this.#looks) {
      for (const [userId, servers] of looks) {
        for (const [serverId, until] of servers) if (until <= now) this.#lookAway(serverId, key, userId);
      }
    }
    for (const [serverId, until] of this.#leases) {
      if (until <= now) this.#endLease(serverId);
    }
  }

  #endLease(serverId: ServerId): void {
    this.#leases.delete(serverId);
    for (const [key, looks] of this.#looks) {
      for (const userId of looks.keys()) this.#lookAway(serverId, key, userId);
    }
    for (const known of this.#users.values()) {
      const said = known.said.get(serverId);
      if (said === undefined) continue;
      known.said.delete(serverId);
      if (known.said.size === 0) known.said.set(serverId, { ...said, status: 'OFFLINE' });
      this.#join(known);
    }
  }
}

const RANK: Readonly<Record<PresenceStatus, number>> = { OFFLINE: 0, AWAY: 1, ONLINE: 2 };

/** True where `other` counts before `best`: it is more present, or as present and newer. */
function isBefore(best: PresenceRecord, other: PresenceRecord): boolean {
  const difference = RANK[other.status] - RANK[best.status];
  return difference > 0 || (difference === 0 && other.lastSeen > best.lastSeen);
}

/** Neither half can have a slash. */
function keyOf({ type, id }: Resource): string {
  return `${type}/${id}`;
}

/**
 * One conversation that somebody on this server follows: from hints, whatever their order, to deliveries in seq order,
 * each once, none missing.
 *
 * The next seq is delivered; a later one is kept while the missing are fetched from the store; an older one is dropped.
 * A message whose roster version is newer than the one known here waits until the members were read again, and whoever
 * is no longer among them is gone before it is delivered: a removal holds for every later message, on every server.
 * When the store does not answer, things stay as they are until the next hint or sweep.
 */
import type { ConversationId, MessageId, UserId } from '@rtd/protocol';
import type { Clock } from '../clock.ts';
import type { Topic } from '../fan-out/topic.ts';
import type { Log } from '../telemetry/log.ts';
import type { Delivery } from './chat-room.ts';
import type { CommittedMessage, MessageStore } from './message-store.ts';
import { createRecentDeliveries } from './recent-deliveries.ts';
import { isIn, notAMember, type Roster, rosterOf } from './roster.ts';

/** Messages that are read from the store at once. */
export const PAGE = 1_000;
/** Hints ahead of the next seq that are kept; what is beyond comes from the store. */
const MAX_AHEAD = 1_000;
/** How long deliveries stay at hand for readers who catch up. */
const RECENT_MILLIS = 10_000;

/** Who follows a conversation, and stops when its user is removed. */
export interface Follower {
  readonly userId: UserId;
  /** Ends the following; told once. */
  removed(): void;
}

export interface LiveConversationOptions {
  readonly conversationId: ConversationId;
  readonly store: MessageStore;
  readonly topic: Topic<Delivery>;
  readonly clock: Clock;
  readonly log: Log;
  /** The echo headers of a message that was sent here and is perhaps not known to be committed yet. */
  echoOf(id: MessageId): ReadonlyMap<string, string> | undefined;
  /** Told of each delivery, after it was published to the topic. */
  delivered(delivery: Delivery, roster: Roster): void;
  /** For metrics: a message was delivered so many milliseconds after the first word of it here. */
  waited?(millis: number): void;
  /** For metrics: so many messages had to be fetched from the store, because no hint of them had come in time. */
  healed?(messages: number): void;
  /** Told when the members are known, and each time that they have changed; `lastSeq` is the last delivery, `gone` who was in it here before. */
  rosterChanged(roster: Roster, lastSeq: number, gone: readonly UserId[]): void;
}

export interface LiveConversation {
  readonly conversationId: ConversationId;
  readonly topic: Topic<Delivery>;
  /** The seq of the last delivery. Until `ready`: 0. */
  readonly lastSeq: number;
  /** True while nobody follows or waits. */
  readonly unused: boolean;
  /** Monotonic milliseconds of the last delivery or follower. */
  readonly usedAt: number;
  /** Resolves when it delivers. @throws RtdError FORBIDDEN where there is no such conversation, STORE_UNAVAILABLE */
  ready(): Promise<void>;
  includes(userId: UserId): boolean;
  members(): Roster | undefined;
  /** A message was committed (a hint: any order, any number of times). */
  offer(committed: CommittedMessage): void;
  /** The store has messages up to `lastSeq`, and that roster version. Begins to fetch what is missing here. */
  heard(lastSeq: number, roster: number): void;
  /** The members as somebody has just read or changed them in the store. */
  applyRoster(roster: Roster): void;
  /** Asks the store whether there is more, and resolves when all of it is delivered. @throws RtdError STORE_UNAVAILABLE */
  refresh(): Promise<void>;
  /** Recent deliveries behind `seq`; undefined where the store has to be asked. */
  recentAfter(seq: number): readonly Delivery[] | undefined;
  /** @throws RtdError FORBIDDEN for who is no member. Returns what ends it. */
  follow(follower: Follower): () => void;
  /** Resolves when something behind `seq` is delivered, the user of it is removed, the time is over, or `signal` aborts. */
  beyond(userId: UserId, seq: number, waitMillis: number, signal: AbortSignal): Promise<void>;
  /** Once a sweep: tries again what failed, and forgets what is old. */
  tidy(): void;
}

/** A message that was told of, and its echo headers, which nobody keeps for long. */
interface Arrival extends CommittedMessage {
  readonly echoHeaders: ReadonlyMap<string, string> | undefined;
  /** Monotonic milliseconds of the first hint. */
  readonly heardAt: number;
}

export function createLiveConversation(options: LiveConversationOptions): LiveConversation {
  const { conversationId, store, topic, clock, log } = options;
  const recent = createRecentDeliveries();
  const followers = new Set<Follower>();
  const watchers = new Set<() => void>();
  const ahead = new Map<number, Arrival>();
  let roster: Roster | undefined;
  let lastSeq = 0;
  let usedAt = clock.monotonic();
  /** What the store is known to have. */
  let knownSeq = 0;
  let knownRoster = 0;
  let healing: Promise<void> | undefined;
  /** Monotonic milliseconds since when something is known to be missing; undefined while nothing is. */
  let behindSince: number | undefined;
  const loaded = load();
  // Who needs to know asks `ready`.
  loaded.catch(() => {});

  async function load(): Promise<void> {
    const record = await store.conversation(conversationId);
    if (record === undefined) throw notAMember();
    lastSeq = record.lastSeq;
    for (const seq of ahead.keys()) if (seq <= lastSeq) ahead.delete(seq);
    setRoster(rosterOf(record));
    advance();
  }

  function setRoster(next: Roster): void {
    if (roster !== undefined && next.version <= roster.version) return;
    const gone = roster === undefined ? [] : [...roster.members].filter((userId) => !next.members.has(userId));
    roster = next;
    for (const follower of [...followers]) {
      if (isIn(next, follower.userId)) continue;
      followers.delete(follower);
      follower.removed();
    }
    options.rosterChanged(next, lastSeq, gone);
    for (const watcher of [...watchers]) watcher();
  }

  function deliver(committed: CommittedMessage, current: Roster): void {
    const { message } = committed;
    lastSeq = message.seq;
    usedAt = clock.monotonic();
    const arrival = ahead.get(message.seq);
    options.waited?.(usedAt - (arrival?.heardAt ?? behindSince ?? usedAt));
    const echoHeaders = arrival?.echoHeaders ?? options.echoOf(message.id);
    ahead.delete(message.seq);
    const delivery: Delivery = echoHeaders === undefined ? { message } : { message, echoHeaders };
    recent.push(delivery, usedAt);
    topic.publish(delivery);
    options.delivered(delivery, current);
    if (watchers.size > 0) for (const watcher of [...watchers]) watcher();
  }

  /** Delivers what can be; begins to fetch what is missing. */
  function advance(): void {
    if (roster === undefined) return;
    for (let next = ahead.get(lastSeq + 1); next !== undefined; next = ahead.get(lastSeq + 1)) {
      if (next.roster > roster.version) break;
      deliver(next, roster);
    }
    if (!isBehind()) behindSince = undefined;
    else behindSince ??= clock.monotonic();
    if (healing === undefined && isBehind()) {
      healing = heal().then(
        () => {
          healing = undefined;
          advance();
        },
        (error: unknown) => {
          healing = undefined;
          throw error;
        },
      );
      healing.catch((error: unknown) => log.debug({ err: error, conversationId }, 'a gap stays until the next sweep'));
    }
  }

  function isBehind(): boolean {
    return roster !== undefined && (knownSeq > lastSeq || knownRoster > roster.version);
  }

  /** Fetches until nothing is known to be missing. */
  async function heal(): Promise<void> {
    while (roster !== undefined && isBehind()) {
      const progress = lastSeq + roster.version;
      const [toldSeq, toldRoster] = [knownSeq, knownRoster];
      if (knownRoster > roster.version) await readRoster();
      await readMissing();
      if (lastSeq + roster.version > progress || knownSeq > toldSeq || knownRoster > toldRoster) continue;
      // What was told of is not in the store: a hint is not worth asking for again and again.
      knownSeq = lastSeq;
      knownRoster = roster.version;
      ahead.clear();
    }
  }

  async function readMissing(): Promise<void> {
    const before = lastSeq;
    const { messages } = await store.messages(conversationId, { after: lastSeq, limit: PAGE });
    for (const committed of messages) {
      if (roster === undefined || committed.message.seq <= lastSeq) continue;
      if (committed.roster > roster.version) {
        knownRoster = Math.max(knownRoster, committed.roster);
        break;
      }
      deliver(committed, roster);
    }
    for (const seq of ahead.keys()) if (seq <= lastSeq) ahead.delete(seq);
    if (lastSeq > before) options.healed?.(lastSeq - before);
  }

  async function readRoster(): Promise<void> {
    const record = await store.conversation(conversationId);
    if (record === undefined) return;
    knownSeq = Math.max(knownSeq, record.lastSeq);
    setRoster(rosterOf(record));
  }

  return {
    conversationId,
    topic,
    get lastSeq() {
      return lastSeq;
    },
    get unused() {
      return followers.size === 0 && watchers.size === 0;
    },
    get usedAt() {
      return usedAt;
    },
    ready: () => loaded,
    includes: (userId) => roster !== undefined && isIn(roster, userId),
    members: () => roster,
    offer(committed) {
      const { seq } = committed.message;
      if (roster !== undefined && seq <= lastSeq) return;
      knownSeq = Math.max(knownSeq, seq);
      knownRoster = Math.max(knownRoster, committed.roster);
      if (ahead.size < MAX_AHEAD || seq === lastSeq + 1) {
        const heardAt = ahead.get(seq)?.heardAt ?? clock.monotonic();
        ahead.set(seq, { ...committed, echoHeaders: options.echoOf(committed.message.id), heardAt });
      }
      advance();
    },
    heard(storedSeq, storedRoster) {
      knownSeq = Math.max(knownSeq, storedSeq);
      knownRoster = Math.max(knownRoster, storedRoster);
      advance();
    },
    applyRoster(next) {
      if (roster === undefined) knownRoster = Math.max(knownRoster, next.version);
      else setRoster(next);
      advance();
    },
    async refresh() {
      await loaded;
      await readRoster();
      advance();
      await healing;
    },
    recentAfter: (seq) => recent.after(seq, lastSeq),
    follow(follower) {
      if (roster === undefined || !isIn(roster, follower.userId)) throw notAMember();
      usedAt = clock.monotonic();
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    beyond(userId, seq, waitMillis, signal) {
      return new Promise((resolve) => {
        const done = () => {
          timer.cancel();
          watchers.delete(look);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const look = () => {
          if (lastSeq > seq || roster === undefined || !isIn(roster, userId)) done();
        };
        const timer = clock.after(waitMillis, done);
        watchers.add(look);
        signal.addEventListener('abort', done);
        if (signal.aborted) done();
        else look();
      });
    },
    tidy() {
      recent.forgetBefore(clock.monotonic() - RECENT_MILLIS);
      advance();
    },
  };
}

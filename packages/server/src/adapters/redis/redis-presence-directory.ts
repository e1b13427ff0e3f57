/**
 * Presence over all servers of one Redis: every server holds what all of them say in its own memory (the hub), so reading
 * costs nothing and goes on while Redis is away. What is said is published, and kept in Redis for servers that start
 * later; a counter a server shows who has missed something, and then reads it again.
 *
 * A server that is silent for {@link SILENT_MILLIS} is taken for dead, and its users end with the hub's lease: under 15 s
 * in all. While Redis is away nobody can be heard, so nobody is taken for dead.
 *
 * For others to look at there are the names of the contract, section 5: `presence:user:{userId}`, `online-users`,
 * `user-server:{userId}`, `presence:{type}:{id}:{userId}`. Nothing here depends on them.
 */
import type { ServerId, UserId } from '@rtd/protocol';
import type { UserServers } from '../../chat/user-servers.ts';
import type { Clock, Timer } from '../../clock.ts';
import {
  LOOK_MILLIS,
  type PresenceDirectory,
  type PresenceRecord,
  type Resource,
  type Watch,
} from '../../presence/presence-directory.ts';
import type { Log } from '../../telemetry/log.ts';
import { createPresenceHub, type PresenceHub } from '../in-process/in-process-presence-directory.ts';
import { OtherServer } from './other-server.ts';
import { parseWith } from './parse-with.ts';
import {
  CHANNEL,
  type Look,
  lookKey,
  looksKey,
  PresenceRecordWords,
  PresenceWords,
  parseLookKey,
  presenceKey,
  SERVERS_KEY,
  VERSION_FIELD,
} from './presence-words.ts';
import type { RedisLink } from './redis-link.ts';

const BEAT_MILLIS = 1_000;
const SILENT_MILLIS = 2_500;
/** A silent server is forgotten after this; it may come back before. */
const FORGET_MILLIS = 60_000;
const STATE_SECONDS = 15;
const USER_SECONDS = 300;
/** How often what is kept for others to look at is written again, in beats. */
const REFRESH_BEATS = 100;

/** The link stays with who made it. */
export async function openRedisPresenceDirectory(options: {
  readonly link: RedisLink;
  readonly serverId: ServerId;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<PresenceDirectory & UserServers> {
  const directory = new RedisPresenceDirectory(options);
  await directory.begin();
  return directory;
}

class RedisPresenceDirectory implements PresenceDirectory, UserServers {
  readonly #link: RedisLink;
  readonly #serverId: ServerId;
  readonly #clock: Clock;
  readonly #hub: PresenceHub;
  readonly #own: PresenceDirectory;
  readonly #records = new Map<UserId, PresenceRecord>();
  readonly #looks = new Map<string, { readonly look: Look; readonly until: number }>();
  readonly #others = new Map<ServerId, OtherServer>();
  readonly #reading = new Set<ServerId>();
  readonly #parse: (text: string) => PresenceWords | undefined;
  readonly #parseRecord: (text: string) => PresenceRecord | undefined;
  #version = 0;
  #beats = 0;
  /** True when what is kept in Redis is not what is here. */
  #unwritten = true;
  #timer: Timer | undefined;
  #end: (() => void) | undefined;

  constructor({ link, serverId, clock, log }: { link: RedisLink; serverId: ServerId; clock: Clock; log: Log }) {
    this.#link = link;
    this.#serverId = serverId;
    this.#clock = clock;
    this.#hub = createPresenceHub(clock);
    this.#own = this.#hub.join(serverId);
    this.#parse = parseWith(PresenceWords, log);
    this.#parseRecord = parseWith(PresenceRecordWords, log);
  }

  async begin(): Promise<void> {
    this.#end = await this.#link.listen(CHANNEL, {
      received: (text) => {
        const words = this.#parse(text);
        if (words !== undefined && words.from !== this.#serverId) this.#heard(words);
      },
      recovered: () => {
        this.#unwritten = true;
        this.#beat();
        void this.#readAll();
      },
    });
    // The users of a server that died have nobody else who would show that they are gone.
    this.#own.watch((record) => {
      if (record.status === 'OFFLINE') this.#showUser(record);
    });
    this.#timer = this.#clock.every(BEAT_MILLIS, () => this.#beat());
    this.#beat();
    await this.#readAll();
  }

  put(record: PresenceRecord): void {
    this.#own.put(record);
    if (record.status === 'OFFLINE') this.#records.delete(record.userId);
    else this.#records.set(record.userId, record);
    this.#say({ kind: 'user', from: this.#serverId, version: this.#nextVersion(), record });
    this.#showUser(record);
  }

  list(): Promise<readonly PresenceRecord[]> {
    return this.#own.list();
  }

  watch(changed: (record: PresenceRecord) => void): Watch {
    return this.#own.watch(changed);
  }

  lookAt(resource: Resource, userId: UserId): void {
    const look = { ...resource, userId };
    this.#own.lookAt(resource, userId);
    this.#looks.set(lookKey(look), { look, until: this.#clock.now() + LOOK_MILLIS });
    this.#say({ kind: 'look', from: this.#serverId, version: this.#nextVersion(), look, looks: true });
    const key = `presence:${resource.type}:${resource.id}:${userId}`;
    this.#attempt((redis) => redis.set(key, JSON.stringify(look), 'PX', LOOK_MILLIS));
  }

  lookAway(resource: Resource, userId: UserId): void {
    const look = { ...resource, userId };
    this.#own.lookAway(resource, userId);
    this.#looks.delete(lookKey(look));
    this.#say({ kind: 'look', from: this.#serverId, version: this.#nextVersion(), look, looks: false });
    this.#attempt((redis) => redis.del(`presence:${resource.type}:${resource.id}:${userId}`));
  }

  watchResource(resource: Resource, changed: (users: readonly UserId[]) => void): Watch {
    return this.#own.watchResource(resource, changed);
  }

  async serversOf(users: readonly UserId[]): Promise<ReadonlySet<ServerId>> {
    const servers = new Set<ServerId>();
    if (users.some((userId) => this.#records.has(userId))) servers.add(this.#serverId);
    for (const other of this.#others.values())
      if (users.some((userId) => other.has(userId))) servers.add(other.serverId);
    return servers;
  }

  check(): Promise<void> {
    return this.#link.check();
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#end?.();
    for (const other of this.#others.values()) other.leave();
    await this.#own.close();
  }

  #nextVersion(): number {
    this.#version += 1;
    return this.#version;
  }

  /** Publishes a change and keeps it, in one step: who reads the hashes later has exactly the changes up to `version`. */
  #say(words: Exclude<PresenceWords, { kind: 'beat' }>): void {
    if (this.#unwritten || !this.#link.isUp) {
      this.#unwritten = true;
      return;
    }
    const key = presenceKey(this.#serverId);
    const change = this.#link.commands.multi().hset(key, VERSION_FIELD, words.version);
    if (words.kind === 'user') {
      const { record } = words;
      if (record.status === 'OFFLINE') change.hdel(key, record.userId);
      else change.hset(key, record.userId, JSON.stringify(record));
    } else if (words.looks) {
      change.hset(looksKey(this.#serverId), lookKey(words.look), this.#clock.now() + LOOK_MILLIS);
    } else {
      change.hdel(looksKey(this.#serverId), lookKey(words.look));
    }
    change
      .publish(CHANNEL, JSON.stringify(words))
      .exec()
      .catch(() => {
        this.#unwritten = true;
      });
  }

  #beat(): void {
    this.#beats += 1;
    for (const [key, { until }] of this.#looks) if (until <= this.#clock.now()) this.#looks.delete(key);
    this.#missSilent();
    if (!this.#link.isUp) {
      this.#unwritten = true;
      return;
    }
    if (this.#unwritten) this.#writeAll();
    else {
      const beat = this.#link.commands.multi().sadd(SERVERS_KEY, this.#serverId);
      for (const key of [presenceKey(this.#serverId), looksKey(this.#serverId)]) beat.expire(key, STATE_SECONDS);
      beat
        .publish(CHANNEL, JSON.stringify({ kind: 'beat', from: this.#serverId, version: this.#version }))
        .exec()
        .catch(() => {
          this.#unwritten = true;
        });
    }
    if (this.#beats % REFRESH_BEATS === 0) for (const record of this.#records.values()) this.#showUser(record);
  }

  /** Everything of this server anew, in place of whatever is in Redis. */
  #writeAll(): void {
    this.#unwritten = false;
    const version = this.#nextVersion();
    const key = presenceKey(this.#serverId);
    const looks = looksKey(this.#serverId);
    const change = this.#link.commands.multi().del(key, looks).hset(key, VERSION_FIELD, version);
    for (const record of this.#records.values()) change.hset(key, record.userId, JSON.stringify(record));
    for (const [look, { until }] of this.#looks) change.hset(looks, look, until);
    change
      .expire(key, STATE_SECONDS)
      .expire(looks, STATE_SECONDS)
      .sadd(SERVERS_KEY, this.#serverId)
      .publish(CHANNEL, JSON.stringify({ kind: 'beat', from: this.#serverId, version }))
      .exec()
      .catch(() => {
        this.#unwritten = true;
      });
    for (const record of this.#records.values()) this.#showUser(record);
  }

  #heard(words: PresenceWords): void {
    const other = this.#other(words.from);
    other.heardAt = this.#clock.monotonic();
    if (this.#reading.has(words.from)) return;
    const next = words.kind === 'beat' ? other.version : other.version + 1;
    if (!other.isHere || words.version !== next) {
      if (other.isHere && words.version <= other.version && words.kind !== 'beat') return;
      void this.#read(words.from);
      return;
    }
    other.version = words.version;
    if (words.kind === 'user') other.put(words.record);
    if (words.kind === 'look') other.look(words.look, words.looks);
  }

  #other(serverId: ServerId): OtherServer {
    const known = this.#others.get(serverId);
    if (known !== undefined) return known;
    const other = new OtherServer(serverId, (id) => this.#hub.join(id), this.#clock.monotonic());
    this.#others.set(serverId, other);
    return other;
  }

  #missSilent(): void {
    const now = this.#clock.monotonic();
    for (const other of this.#others.values()) {
      // Nobody is heard while Redis is away, and that says nothing about them.
      if (!this.#link.isUp) other.heardAt = now;
      else if (other.isHere && now - other.heardAt > SILENT_MILLIS) other.leave();
      else if (now - other.heardAt > FORGET_MILLIS) this.#others.delete(other.serverId);
    }
  }

  async #readAll(): Promise<void> {
    if (!this.#link.isUp) return;
    try {
      const servers = await this.#link.commands.smembers(SERVERS_KEY);
      await Promise.all(servers.map((name) => this.#readNamed(name)));
    } catch {
      // Redis went away in between: `recovered` begins anew.
    }
  }

  async #readNamed(name: string): Promise<void> {
    const words = PresenceWords.safeParse({ kind: 'beat', from: name, version: 0 });
    if (words.success && words.data.from !== this.#serverId) await this.#read(words.data.from);
  }

  /** Reads what a server keeps in Redis, in one step. A server without anything has ended. */
  async #read(serverId: ServerId): Promise<void> {
    if (this.#reading.has(serverId)) return;
    this.#reading.add(serverId);
    try {
      const redis = this.#link.commands;
      const answers = await redis.multi().hgetall(presenceKey(serverId)).hgetall(looksKey(serverId)).exec();
      const [kept, looks] = (answers ?? []).map(([, fields]) => fieldsOf(fields));
      const version = Number(kept?.get(VERSION_FIELD));
      if (kept === undefined || !Number.isInteger(version)) {
        await redis.srem(SERVERS_KEY, serverId);
        return;
      }
      const records = [...kept].flatMap(([field, text]) => {
        const record = field === VERSION_FIELD ? undefined : this.#parseRecord(text);
        return record === undefined ? [] : [record];
      });
      const now = this.#clock.now();
      const looking = [...(looks ?? [])].flatMap(([key, until]) =>
        Number(until) > now ? (parseLookKey(key) ?? []) : [],
      );
      this.#other(serverId).replace(records, looking, version);
    } catch {
      // Redis went away in between: `recovered`, or the next beat of that server, begins anew.
    } finally {
      this.#reading.delete(serverId);
    }
  }

  /** For others to look at; see the head of this file. */
  #showUser(record: PresenceRecord): void {
    const { userId } = record;
    void this.serversOf([userId]).then((servers) => {
      const isHere = servers.size > 0;
      this.#attempt((redis) => {
        const shown = redis.multi().set(`presence:user:${userId}`, JSON.stringify(record), 'EX', USER_SECONDS);
        if (isHere) shown.sadd('online-users', userId);
        else shown.srem('online-users', userId);
        if (isHere) shown.set(`user-server:${userId}`, JSON.stringify([...servers]), 'EX', USER_SECONDS);
        else shown.del(`user-server:${userId}`);
        return shown.exec();
      });
    });
  }

  #attempt(command: (redis: RedisLink['commands']) => Promise<unknown>): void {
    if (this.#link.isUp) command(this.#link.commands).catch(() => {});
  }
}

function fieldsOf(fields: unknown): ReadonlyMap<string, string> {
  if (typeof fields !== 'object' || fields === null) return new Map();
  return new Map(Object.entries(fields).map(([field, text]) => [field, String(text)]));
}

/** One other server, as this one knows it: what it said last, put into the hub that joins what all of them say. */
import type { ServerId, UserId } from '@rtd/protocol';
import type { PresenceDirectory, PresenceRecord } from '../../presence/presence-directory.ts';
import { type Look, lookKey } from './presence-words.ts';

export class OtherServer {
  readonly serverId: ServerId;
  /** How many of its changes are in here. */
  version = -1;
  heardAt: number;
  readonly #join: (serverId: ServerId) => PresenceDirectory;
  readonly #records = new Map<UserId, PresenceRecord>();
  readonly #looks = new Map<string, Look>();
  #directory: PresenceDirectory | undefined;

  constructor(serverId: ServerId, join: (serverId: ServerId) => PresenceDirectory, now: number) {
    this.serverId = serverId;
    this.#join = join;
    this.heardAt = now;
  }

  get isHere(): boolean {
    return this.#directory !== undefined;
  }

  has(userId: UserId): boolean {
    return this.isHere && this.#records.has(userId);
  }

  put(record: PresenceRecord): void {
    if (record.status === 'OFFLINE') this.#records.delete(record.userId);
    else this.#records.set(record.userId, record);
    this.#here().put(record);
  }

  look(look: Look, looks: boolean): void {
    if (looks) this.#looks.set(lookKey(look), look);
    else this.#looks.delete(lookKey(look));
    if (looks) this.#here().lookAt(look, look.userId);
    else this.#here().lookAway(look, look.userId);
  }

  /** Everything that it says now, in place of all that it said before. */
  replace(records: readonly PresenceRecord[], looks: readonly Look[], version: number): void {
    this.version = version;
    this.#here();
    const present = new Set(records.map((record) => record.userId));
    for (const [userId, record] of this.#records) if (!present.has(userId)) this.put({ ...record, status: 'OFFLINE' });
    for (const record of records) this.put(record);
    const kept = new Set(looks.map(lookKey));
    for (const [key, look] of this.#looks) if (!kept.has(key)) this.look(look, false);
    for (const look of looks) if (!this.#looks.has(lookKey(look))) this.look(look, true);
  }

  /** It is silent: what it said ends with its lease in the hub, unless it is heard again before. */
  leave(): void {
    void this.#directory?.close();
    this.#directory = undefined;
  }

  #here(): PresenceDirectory {
    this.#directory ??= this.#join(this.serverId);
    return this.#directory;
  }
}

/**
 * A topic to very many outlets.
 *
 * What is published within a turn of the loop is one batch, and so is what comes while a batch is still on its way. A batch
 * is encoded once a group and written once an outlet, in slices, so that a turn stays short however many subscribe. Batches
 * go one after the other, so one never overtakes another; each subscriber knows the first batch that is meant for it.
 */
import type { OverflowPolicy, Subscriber } from './subscriber.ts';
import type { Topic, TopicSubscription } from './topic.ts';
import { handOverAtTurnEnd, type TurnEnding } from './turn-end.ts';

/** Subscribers that are served in one turn: about a millisecond of work before the system calls. */
const SLICE = 2_048;

export interface TopicOptions<Entry> {
  readonly overflow: OverflowPolicy<Entry>;
  /** Bytes that an outlet may have queued before the overflow policy holds for it; 0: no budget. */
  readonly budgetBytes: number;
}

/** A topic that nobody subscribes to costs nothing and keeps nothing. */
export function createTopic<Entry>(options: TopicOptions<Entry>): Topic<Entry> {
  return new FanOutTopic(options);
}

/** Subscribers with the same key, and the bytes of the batch on its way once one of them has encoded it. */
interface Group {
  readonly key: string;
  members: number;
  bytes: Uint8Array | undefined;
}

interface Batch<Entry> {
  readonly number: number;
  readonly entries: readonly Entry[];
}

class FanOutTopic<Entry> implements Topic<Entry>, TurnEnding {
  readonly #overflow: OverflowPolicy<Entry>;
  readonly #budgetBytes: number;
  readonly #groups = new Map<string, Group>();
  /** A hole is a member that left while a batch was on its way. */
  #members: (Member<Entry> | undefined)[] = [];
  #memberCount = 0;
  /** Published since the last batch was sealed. */
  #fresh: Entry[] = [];
  /** Sealed; the first one is on its way, up to `#cursor`. */
  readonly #batches: Batch<Entry>[] = [];
  #cursor = 0;
  #encodedGroups: Group[] = [];
  #nextBatch = 0;
  #scheduled = false;

  constructor(options: TopicOptions<Entry>) {
    this.#overflow = options.overflow;
    this.#budgetBytes = options.budgetBytes === 0 ? Number.POSITIVE_INFINITY : options.budgetBytes;
  }

  get subscriberCount(): number {
    return this.#memberCount;
  }

  subscribe(subscriber: Subscriber<Entry>): TopicSubscription {
    // What was published before belongs to a batch that the newcomer is not in.
    this.#seal();
    const member = new Member(this, subscriber, this.#join(subscriber.groupKey), this.#nextBatch, this.#members.length);
    this.#members.push(member);
    this.#memberCount += 1;
    return member;
  }

  publish(entry: Entry): void {
    if (this.#memberCount === 0) return;
    this.#fresh.push(entry);
    this.#schedule();
  }

  leave(member: Member<Entry>): void {
    this.#memberCount -= 1;
    member.group.members -= 1;
    if (member.group.members === 0) this.#groups.delete(member.group.key);
    if (this.#batches.length > 0) {
      this.#members[member.index] = undefined;
      return;
    }
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    last.index = member.index;
    this.#members[last.index] = last;
  }

  #join(key: string): Group {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, members: 0, bytes: undefined };
      this.#groups.set(key, group);
    }
    group.members += 1;
    return group;
  }

  #seal(): void {
    if (this.#fresh.length === 0) return;
    this.#batches.push({ number: this.#nextBatch, entries: this.#fresh });
    this.#nextBatch += 1;
    this.#fresh = [];
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    handOverAtTurnEnd(this);
  }

  /** One turn's work. */
  endTurn(): void {
    this.#scheduled = false;
    let room = SLICE;
    for (let batch = this.#current(); batch !== undefined; batch = this.#current()) {
      const end = Math.min(this.#members.length, this.#cursor + room);
      room -= end - this.#cursor;
      while (this.#cursor < end) {
        const member = this.#members[this.#cursor];
        this.#cursor += 1;
        if (member !== undefined && member.firstBatch <= batch.number) this.#deliver(member, batch.entries);
      }
      if (this.#cursor < this.#members.length) break;
      this.#finishBatch();
      if (room <= 0) break;
    }
    if (this.#batches.length > 0 || this.#fresh.length > 0) this.#schedule();
  }

  /** The batch on its way; where there is none, what was published since the last. */
  #current(): Batch<Entry> | undefined {
    if (this.#batches.length === 0) this.#seal();
    return this.#batches[0];
  }

  #finishBatch(): void {
    this.#batches.shift();
    this.#cursor = 0;
    for (const group of this.#encodedGroups) group.bytes = undefined;
    this.#encodedGroups = [];
    if (this.#memberCount === this.#members.length || this.#batches.length > 0) return;
    this.#members = this.#members.filter((member) => member !== undefined);
    for (const [index, member] of this.#members.entries()) if (member !== undefined) member.index = index;
  }

  #deliver(member: Member<Entry>, entries: readonly Entry[]): void {
    const { subscriber, group } = member;
    const { outlet } = subscriber;
    if (!outlet.isOpen) return;
    if (member.held !== undefined || outlet.queuedBytes > this.#budgetBytes) {
      this.#overflowed(member, entries);
      return;
    }
    if (group.bytes === undefined) {
      group.bytes = subscriber.encode(entries);
      this.#encodedGroups.push(group);
    }
    outlet.write(group.bytes);
    subscriber.handed?.(entries);
  }

  #overflowed(member: Member<Entry>, entries: readonly Entry[]): void {
    const [first] = entries;
    switch (this.#overflow.kind) {
      case 'drop':
        return;
      case 'close':
        member.unsubscribe();
        if (first !== undefined) member.subscriber.overflowed?.(first);
        return;
      case 'conflate':
        this.#hold(member, entries, this.#overflow.keyOf);
    }
  }

  #hold(member: Member<Entry>, entries: readonly Entry[], keyOf: (entry: Entry) => string): void {
    if (member.held === undefined) {
      member.held = new Map();
      member.subscriber.outlet.onceDrained(() => this.#release(member));
    }
    for (const entry of entries) {
      const key = keyOf(entry);
      // Deleted first, so that what is held stays in the order of its publishing.
      member.held.delete(key);
      member.held.set(key, entry);
    }
  }

  #release(member: Member<Entry>): void {
    const { held, subscriber } = member;
    const { outlet } = subscriber;
    if (held === undefined || !outlet.isOpen) return;
    if (outlet.queuedBytes > this.#budgetBytes) {
      outlet.onceDrained(() => this.#release(member));
      return;
    }
    member.held = undefined;
    const entries = [...held.values()];
    outlet.write(subscriber.encode(entries));
    subscriber.handed?.(entries);
  }
}

/** A subscriber in its topic, and its subscription in one: there may be very many. */
class Member<Entry> implements TopicSubscription {
  readonly subscriber: Subscriber<Entry>;
  readonly group: Group;
  /** The number of the first batch that was published after it joined. */
  readonly firstBatch: number;
  index: number;
  /** The newest entry a key that it could not take yet; only where the topic conflates. */
  held: Map<string, Entry> | undefined;
  #topic: FanOutTopic<Entry> | undefined;

  constructor(
    topic: FanOutTopic<Entry>,
    subscriber: Subscriber<Entry>,
    group: Group,
    firstBatch: number,
    index: number,
  ) {
    this.#topic = topic;
    this.subscriber = subscriber;
    this.group = group;
    this.firstBatch = firstBatch;
    this.index = index;
    this.held = undefined;
  }

  unsubscribe(): void {
    this.held = undefined;
    this.#topic?.leave(this);
    this.#topic = undefined;
  }
}

/**
 * The laws of delivery, under any interleaving: people send, repeat a send, reconnect here and there, acknowledge in any
 * order and mark as read on two servers at once, of which one is restarted now and then or hears that its bus is back,
 * while hints between these get lost, come twice and late.
 *
 *   1. Every member sees the same sequence: every message, in seq order, each once over all their reconnects.
 *   2. A device that has acknowledged a message gets it no more, whatever server it comes back to; what it has not, it gets.
 *   3. The same clientMessageId is one message.
 *   4. When the bus or the mailboxes come back after they were away, what they lost meanwhile is there without waiting for a sweep.
 *   5. A cursor never goes back, and nothing is read that is not delivered; so statuses only go forward, too.
 */
import { ClientMessageId, ConversationId, type MemberCursor } from '@rtd/protocol';
import fc from 'fast-check';
import { expect, vi } from 'vitest';
import type { DeviceIdentity } from '../../src/auth/identity.ts';
import type { ChatRoom, Delivery, InboxSubscription, LiveSubscription } from '../../src/chat/chat-room.ts';
import type { MessageBus } from '../../src/chat/message-bus.ts';
import type { MessageStore } from '../../src/chat/message-store.ts';
import type { ServerMailbox } from '../../src/chat/server-mailbox.ts';
import { createReader, type FakeClock, person, type Reader, upTo } from './chat-fixture.ts';

const MEMBERS = ['ann', 'bob', 'cat'].map((name) => person(name));
const SWEEP_MILLIS = 2_000;
const PATIENCE = { interval: 5, timeout: 30_000 };

/** What tells a room that hints were missed. */
const LINES = ['bus', 'mailbox'] as const;
type Line = (typeof LINES)[number];

const who = fc.nat(MEMBERS.length - 1);
const server = fc.nat(1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('send' as const), who, server, key: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('reconnect' as const), who, server }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('change device' as const), who, server }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('acknowledge' as const), who, share: fc.nat(100) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('acknowledge some' as const), who, pattern: fc.nat(255) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('read' as const), who, server, share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restart' as const), server }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('cut' as const), who, server, hears: fc.constantFrom(...LINES) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('sweep' as const) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('pause' as const), long: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What becomes of the hints, one after the other and then from the start again. */
export type Fate = 'lost' | 'once' | 'twice' | 'late';
const fates = fc.array(fc.constantFrom<Fate>('lost', 'once', 'twice', 'late'), { minLength: 1, maxLength: 12 });

/** Lets what is given to `pass` through as the fates say. */
export interface Hazard {
  fates: readonly Fate[];
  /** The only line of which a room hears that it is back; undefined: of both. */
  hears: Line | undefined;
  /** What tells the rooms so. */
  readonly recoveries: Set<() => void>;
  pass(deliver: () => void): void;
}

export function createHazard(): Hazard {
  let count = 0;
  let late: (() => void)[] = [];
  return {
    fates: ['once'],
    hears: undefined,
    recoveries: new Set(),
    pass(deliver) {
      const fate = this.fates[count % this.fates.length];
      count += 1;
      if (fate === 'late') {
        late.push(deliver);
        return;
      }
      if (fate !== 'lost') deliver();
      if (fate === 'twice') deliver();
      const overtaken = late;
      late = [];
      for (const each of overtaken) each();
    },
  };
}

export function hazardousBus(bus: MessageBus, hazard: Hazard): MessageBus {
  return {
    ...bus,
    publish: (hint) => hazard.pass(() => bus.publish(hint)),
    async subscribe(subscriber) {
      const recovered = heardBy('bus', hazard, () => subscriber.recovered());
      const end = await bus.subscribe({ hint: (hint) => subscriber.hint(hint), recovered });
      return () => {
        hazard.recoveries.delete(recovered);
        end();
      };
    },
  };
}

function heardBy(line: Line, hazard: Hazard, recovered: () => void): () => void {
  const heard = () => {
    if (hazard.hears === undefined || hazard.hears === line) recovered();
  };
  hazard.recoveries.add(heard);
  return heard;
}

export function hazardousMailbox(mailbox: ServerMailbox, hazard: Hazard): ServerMailbox {
  return {
    ...mailbox,
    post: (to, letter) => hazard.pass(() => mailbox.post(to, letter)),
    async open(server, owner) {
      const recovered = heardBy('mailbox', hazard, () => owner.recovered());
      const end = await mailbox.open(server, { letter: (letter) => owner.letter(letter), recovered });
      return () => {
        hazard.recoveries.delete(recovered);
        end();
      };
    },
  };
}

export interface Laboratory {
  readonly rooms: readonly [ChatRoom, ChatRoom];
  /** Ends one of the rooms, and opens it again, as a server that is restarted. */
  restart(index: number): Promise<void>;
  /** Cuts bus and mailboxes off, both rooms'. They come back by themselves. */
  cut(): Promise<void>;
  /** Of both rooms. */
  readonly clock: FakeClock;
  readonly hazard: Hazard;
  /** That both rooms share. */
  readonly store: MessageStore;
}

/** A member as a client: knows what it has, and asks for what comes after. */
class Member {
  readonly #identity: DeviceIdentity;
  readonly #conversationId: ConversationId;
  readonly seen: { seq: number; id: string }[] = [];
  readonly acknowledged = new Set<number>();
  /** Those that were so, and stored, before the inbox was opened. */
  #before = new Set<number>();
  #reader: Reader<Delivery> | undefined;
  #subscription: LiveSubscription | undefined;
  #inbox: { reader: Reader<Delivery>; subscription: InboxSubscription } | undefined;

  constructor(identity: DeviceIdentity, conversationId: ConversationId) {
    this.#identity = identity;
    this.#conversationId = conversationId;
  }

  get identity(): DeviceIdentity {
    return this.#identity;
  }

  /** In the order in which they came. */
  get inboxSeqs(): number[] {
    return this.#own(this.#inbox?.reader.got ?? []).map(({ message }) => message.seq);
  }

  /** Takes what came so far; what comes after it over the old connection is lost with that. */
  collect(): void {
    for (const { message } of this.#reader?.got.splice(0) ?? []) this.seen.push({ seq: message.seq, id: message.id });
  }

  async reconnect(room: ChatRoom): Promise<void> {
    this.#subscription?.unsubscribe();
    this.collect();
    const reader = createReader<Delivery>();
    this.#reader = reader;
    const afterSeq = this.seen.at(-1)?.seq ?? 0;
    this.#subscription = await room.subscribe(this.#identity, this.#conversationId, reader, { afterSeq });
  }

  /** Comes back with its device, elsewhere perhaps. `stored` resolves when its acknowledgements are. */
  async changeDevice(room: ChatRoom, stored: (seqs: ReadonlySet<number>) => Promise<void>): Promise<void> {
    this.checkInbox();
    this.#inbox?.subscription.unsubscribe();
    await stored(this.acknowledged);
    this.#before = new Set(this.acknowledged);
    const reader = createReader<Delivery>();
    this.#inbox = { reader, subscription: await room.subscribeInbox(this.#identity, reader) };
  }

  /** The first part of what the device has got. */
  acknowledge(share: number): void {
    if (this.#inbox === undefined) return;
    const got = this.#own(this.#inbox.reader.got);
    this.#acknowledgeAll(got.slice(0, Math.ceil((got.length * share) / 100)));
  }

  /** The latest that the device has got, one by one and the last one first, as the bits of `pattern` say. */
  acknowledgeSome(pattern: number): void {
    if (this.#inbox === undefined) return;
    const latest = this.#own(this.#inbox.reader.got).slice(-8).toReversed();
    for (const [index, delivery] of latest.entries())
      if (((pattern >> index) & 1) === 1) this.#acknowledgeAll([delivery]);
  }

  /** In order and without repeats, nothing that was acknowledged before it was opened, and everything else. */
  checkInbox(): void {
    if (this.#inbox === undefined) return;
    const seqs = this.inboxSeqs;
    expect(seqs).toEqual(upTo(seqs.at(-1) ?? 0).filter((seq) => !this.#before.has(seq)));
  }

  #acknowledgeAll(deliveries: readonly Delivery[]): void {
    const messages = deliveries.map(({ message }) => message);
    this.#inbox?.subscription.delivered(messages);
    for (const { seq } of messages) this.acknowledged.add(seq);
  }

  leave(): void {
    this.#subscription?.unsubscribe();
    this.#inbox?.subscription.unsubscribe();
  }

  #own(deliveries: readonly Delivery[]): readonly Delivery[] {
    return deliveries.filter(({ message }) => message.conversationId === this.#conversationId);
  }
}

let runs = 0;

/** Checks the laws on `numRuns` interleavings. */
export async function checkLaws(laboratory: Laboratory, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fates, async (steps, fate) => {
      laboratory.hazard.fates = fate;
      runs += 1;
      await checkOne(laboratory, ConversationId.parse(`laws-${process.pid}-${runs}`), steps);
    }),
    { numRuns, endOnFailure: true },
  );
}

async function checkOne(laboratory: Laboratory, conversationId: ConversationId, steps: readonly Step[]): Promise<void> {
  const { clock, store } = laboratory;
  const roomOf = (index: number): ChatRoom => laboratory.rooms[index === 0 ? 0 : 1];
  const [owner] = MEMBERS;
  if (owner === undefined) throw new Error('nobody');
  const ids = MEMBERS.map(({ userId }) => userId);
  await roomOf(0).createConversation(owner, { id: conversationId, kind: 'group', members: ids });
  const members = MEMBERS.map((identity) => new Member(identity, conversationId));
  const memberAt = (index: number): Member => members[index] ?? expect.unreachable();
  const sends: Promise<{ key: string; id: string }>[] = [];
  /** What one member does is done one after the other; what different members do is not. */
  const doing = members.map(() => Promise.resolve());
  const next = (index: number, work: () => Promise<void>): void => {
    doing[index] = (doing[index] ?? Promise.resolve()).then(work);
  };
  const cursorsOf = async (room: ChatRoom): Promise<readonly MemberCursor[]> =>
    (await room.history(owner, { conversationId, limit: 1 })).cursors ?? [];

  for (const [index] of members.entries()) {
    next(index, () => memberAt(index).reconnect(roomOf(index % 2)));
    next(index, () => memberAt(index).changeDevice(roomOf(index % 2), async () => {}));
  }
  const changeDevice = (member: Member, room: ChatRoom): Promise<void> =>
    member.changeDevice(room, (acknowledged) =>
      vi.waitFor(async () => {
        clock.advance(SWEEP_MILLIS);
        const { userId, device } = member.identity;
        const { messages } = await store.inbox(userId, device, 1_000, conversationId);
        expect(messages.filter(({ message }) => acknowledged.has(message.seq))).toEqual([]);
      }, PATIENCE),
    );
  let last: readonly MemberCursor[] = [];
  const look = async (room: ChatRoom): Promise<void> => {
    const now = await cursorsOf(room);
    for (const [index, cursor] of now.entries()) {
      expect(cursor.deliveredSeq).toBeGreaterThanOrEqual(Math.max(cursor.readSeq, last[index]?.deliveredSeq ?? 0));
      expect(cursor.readSeq).toBeGreaterThanOrEqual(last[index]?.readSeq ?? 0);
    }
    last = now;
  };

  for (const each of steps) {
    switch (each.does) {
      case 'send': {
        // Some keys come again: a client that got no answer, on the other server perhaps.
        const key = `${conversationId}-${each.key}`;
        const request = { conversationId, content: key, clientMessageId: ClientMessageId.parse(key) };
        const sent = roomOf(each.server).send(memberAt(each.who).identity, request);
        sends.push(sent.then(({ message }) => ({ key: `${each.who} ${key}`, id: message.id })));
        break;
      }
      case 'reconnect':
        next(each.who, () => memberAt(each.who).reconnect(roomOf(each.server)));
        break;
      case 'change device':
        next(each.who, () => changeDevice(memberAt(each.who), roomOf(each.server)));
        break;
      case 'acknowledge':
        next(each.who, async () => memberAt(each.who).acknowledge(each.share));
        break;
      case 'acknowledge some':
        next(each.who, async () => memberAt(each.who).acknowledgeSome(each.pattern));
        break;
      case 'restart':
        // Everybody is on their way to the other server or back to this one, so all who are there lose their connection.
        await Promise.all([...sends, ...doing]);
        await laboratory.restart(each.server);
        for (const [index] of members.entries()) {
          next(index, () => memberAt(index).reconnect(roomOf(each.server)));
          next(index, () => changeDevice(memberAt(index), roomOf(each.server)));
        }
        break;
      case 'read':
        next(each.who, async () => {
          const member = memberAt(each.who);
          member.collect();
          const seq = Math.ceil((member.seen.length * each.share) / 100);
          if (seq > 0) await roomOf(each.server).markRead(member.identity, { conversationId, seq });
        });
        break;
      case 'cut': {
        await Promise.all([...sends, ...doing]);
        const { hazard } = laboratory;
        const { fates: before } = hazard;
        hazard.fates = ['lost'];
        hazard.hears = each.hears;
        const key = `${conversationId}-cut-${sends.length}`;
        const request = { conversationId, content: key, clientMessageId: ClientMessageId.parse(key) };
        const { message } = await roomOf(each.server).send(memberAt(each.who).identity, request);
        sends.push(Promise.resolve({ key, id: message.id }));
        await laboratory.cut();
        // Without a sweep: nobody moves the clock.
        await vi.waitFor(() => {
          for (const member of members) {
            member.collect();
            expect(member.seen.at(-1)?.seq).toBe(message.seq);
          }
        }, PATIENCE);
        hazard.fates = before;
        hazard.hears = undefined;
        break;
      }
      case 'sweep':
        clock.advance(SWEEP_MILLIS);
        break;
      case 'pause':
        // Long enough for everything that was begun, or just for others to get in between.
        if (each.long) await Promise.all([...sends, ...doing]);
        await look(roomOf(sends.length % 2));
    }
  }

  const stored = await Promise.all(sends);
  await Promise.all(doing);
  const byKey = new Map(stored.map(({ key, id }) => [key, id]));
  for (const { key, id } of stored) expect(id).toBe(byKey.get(key));
  const { messages } = await roomOf(0).history(owner, { conversationId, limit: 500 });
  const truth = messages.map(({ seq, id }) => ({ seq, id }));
  expect(truth.map(({ seq }) => seq)).toEqual(upTo(byKey.size));
  expect(new Set(truth.map(({ id }) => id))).toEqual(new Set(byKey.values()));
  await vi.waitFor(async () => {
    clock.advance(SWEEP_MILLIS);
    for (const member of members) {
      member.collect();
      expect(member.seen).toEqual(truth);
      member.checkInbox();
      // What the device has not acknowledged reaches it, and the rest does not come again.
      const reached = new Set([...member.inboxSeqs, ...member.acknowledged]);
      expect(reached.size).toBe(truth.length);
    }
  }, PATIENCE);
  for (const member of members) member.checkInbox();
  await look(roomOf(0));
  await look(roomOf(1));
  for (const member of members) member.leave();
}

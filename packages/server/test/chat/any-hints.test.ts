/**
 * The law of delivery: whatever gets lost, repeated or reordered between servers, and whoever reconnects when, every member
 * gets every message in seq order, each once; who was removed gets none that came after; cursors never go back.
 *
 * Two servers share a store and nothing else: what the first one commits reaches the second as the hints that a schedule
 * lets through, and at the end, as the sweep finds it.
 */
import { ConversationId, GLOBAL_CONVERSATION } from '@rtd/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Delivery } from '../../src/chat/chat-room.ts';
import type { RunningChatRoom } from '../../src/chat/create-chat-room.ts';
import type { BusHint } from '../../src/chat/hints.ts';
import type { BusSubscriber, MessageBus } from '../../src/chat/message-bus.ts';
import {
  createCleanup,
  createDeadMailbox,
  createFakeClock,
  createReader,
  openServers,
  openStore,
  person,
  type Reader,
  seqs,
  serverId,
  upTo,
} from './chat-fixture.ts';

/** Keeps what the first server publishes until the test passes it on, or not. */
function createHostileBus(): MessageBus & { readonly kept: BusHint[]; pass(hint: BusHint): void } {
  const kept: BusHint[] = [];
  const subscribers = new Set<BusSubscriber>();
  return {
    kept,
    pass(hint) {
      for (const subscriber of subscribers) subscriber.hint(hint);
    },
    publish: (hint) => void kept.push(hint),
    subscribe(subscriber) {
      subscribers.add(subscriber);
      return Promise.resolve(() => void subscribers.delete(subscriber));
    },
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

const cleanup = createCleanup();
const bus = createHostileBus();
const clock = createFakeClock();
const ann = person('ann');
const bob = person('bob');
let sending: RunningChatRoom;
let reading: RunningChatRoom;
let run = 0;

function freshId(): ConversationId {
  run += 1;
  return ConversationId.parse(`c${run}`);
}

beforeAll(async () => {
  const store = await openStore(cleanup);
  const mailbox = createDeadMailbox();
  const [one, two] = await openServers(cleanup, ['one', 'two'], { store, bus, mailbox, clock });
  if (one === undefined || two === undefined) throw new Error('two servers');
  sending = one;
  reading = two;
});
afterAll(() => cleanup.run());

const serverOne = serverId('one');
const turn = () => new Promise(setImmediate);
const settled = (check: () => void) => vi.waitFor(check, { interval: 2, timeout: 20_000 });

/** Hands `hints` over as the schedule says: an index that is drawn twice is a repetition, one never drawn a loss. */
async function passOn(
  hints: readonly BusHint[],
  schedule: readonly { index: number; pause: boolean }[],
): Promise<void> {
  for (const { index, pause } of schedule) {
    const hint = hints[index % hints.length];
    if (hint !== undefined) bus.pass(hint);
    if (pause) await turn();
  }
}

/** A commit waits for the disk, and there are hundreds of them. */
vi.setConfig({ testTimeout: 60_000 });

const schedules = fc.array(fc.record({ index: fc.nat(60), pause: fc.boolean() }), { maxLength: 80 });

test('any order, loss and repetition of hints: all in order, none missing, none twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 30 }), schedules, fc.nat(30), async (count, schedule, rejoinAt) => {
      const conversationId = freshId();
      await sending.createConversation(ann, { id: conversationId, kind: 'group', members: [bob.userId] });
      bus.kept.length = 0;
      const [steady, first, inbox] = [createReader<Delivery>(), createReader<Delivery>(), createReader<Delivery>()];
      await reading.subscribe(bob, conversationId, steady, {});
      const leaving = await reading.subscribe(ann, conversationId, first, {});
      const device = await reading.subscribeInbox(bob, inbox);
      const results = await sending.sendAll(
        ann,
        upTo(count).map((n) => ({ content: `${n}`, conversationId })),
      );
      // Group messages go by mailbox; what is passed on here is the hint as it would arrive.
      const hints: BusHint[] = results.map(({ message }) => ({ kind: 'message', from: serverOne, message, roster: 1 }));
      const half = Math.floor(schedule.length / 2);
      await passOn(hints, schedule.slice(0, half));
      leaving.unsubscribe();
      const second = createReader<Delivery>();
      const seen = first.got.at(-1)?.message.seq ?? 0;
      const afterSeq = Math.min(seen, rejoinAt);
      const [, resumed] = await Promise.all([
        passOn(hints, schedule.slice(half)),
        reading.subscribe(ann, conversationId, second, { afterSeq }),
      ]);
      clock.advance(2_000);
      await settled(() => {
        expect(seqs(steady.got)).toEqual(upTo(count));
        expect(seqs(second.got)).toEqual(upTo(count, afterSeq + 1));
        expect(seqs(inbox.got.filter(({ message }) => message.conversationId === conversationId))).toEqual(upTo(count));
      });
      expect(seqs(first.got)).toEqual(upTo(seen));
      device.delivered(inbox.got.map(({ message }) => message));
      device.unsubscribe();
      resumed.unsubscribe();
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test('a removal at any place: not one message from behind it, whatever the hints', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(12), fc.nat(12), schedules, async (before, after, schedule) => {
      const conversationId = freshId();
      await sending.createConversation(ann, { id: conversationId, kind: 'group', members: [bob.userId] });
      const [ofAnn, ofBob] = [createReader<Delivery>(), createReader<Delivery>()];
      const removed = vi.fn();
      const ends = [
        await reading.subscribe(ann, conversationId, ofAnn, {}),
        await reading.subscribe(bob, conversationId, ofBob, { removed }),
      ];
      const say = (count: number) =>
        sending.sendAll(
          ann,
          upTo(count).map((n) => ({ content: `${n}`, conversationId })),
        );
      const early = await say(before);
      await sending.removeMember(ann, conversationId, bob.userId);
      const late = await say(after);
      const hints: BusHint[] = [
        ...early.map(({ message }): BusHint => ({ kind: 'message', from: serverOne, message, roster: 1 })),
        { kind: 'roster', from: serverOne, conversationId, roster: 2 },
        ...late.map(({ message }): BusHint => ({ kind: 'message', from: serverOne, message, roster: 2 })),
      ];
      await passOn(hints, schedule);
      clock.advance(2_000);
      await settled(() => {
        expect(seqs(ofAnn.got)).toEqual(upTo(before + after));
        expect(removed).toHaveBeenCalledOnce();
      });
      expect(ofBob.got.length).toBeLessThanOrEqual(before);
      expect(seqs(ofBob.got)).toEqual(upTo(ofBob.got.length));
      for (const end of ends) end.unsubscribe();
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test('hints that lie about what there is stop nothing', async () => {
  const reader: Reader<Delivery> = createReader();
  await reading.subscribe(bob, GLOBAL_CONVERSATION, reader, {});
  const { message } = await sending.send(ann, { content: 'true' });
  bus.pass({ kind: 'roster', from: serverOne, conversationId: GLOBAL_CONVERSATION, roster: 999 });
  bus.pass({ kind: 'message', from: serverOne, message: { ...message, seq: 50 }, roster: 999 });
  bus.pass({ kind: 'message', from: serverOne, message, roster: 0 });
  const next = await sending.send(ann, { content: 'true too' });
  bus.pass({ kind: 'message', from: serverOne, message: next.message, roster: 0 });
  await settled(() => expect(seqs(reader.got)).toEqual([1, 2]));
});

test('cursors never go back, and READ implies DELIVERED, in whatever order marks come', async () => {
  const moves = fc.array(
    fc.record({ seq: fc.integer({ min: 1, max: 10 }), read: fc.boolean(), server: fc.boolean() }),
    { minLength: 1, maxLength: 15 },
  );
  await fc.assert(
    fc.asyncProperty(moves, async (marks) => {
      const conversationId = freshId();
      await sending.createConversation(ann, { id: conversationId, kind: 'group', members: [bob.userId] });
      await sending.sendAll(
        ann,
        upTo(10).map((n) => ({ content: `${n}`, conversationId })),
      );
      const rank = { SENT: 0, DELIVERED: 1, READ: 2 };
      let last: number[] = upTo(10).map(() => 0);
      let readTo = 0;
      for (const { seq, read, server } of marks) {
        if (read) readTo = Math.max(readTo, seq);
        const room = server ? sending : reading;
        if (read) await room.markRead(bob, { conversationId, seq });
        else {
          const inbox = createReader<Delivery>();
          const device = await room.subscribeInbox(bob, inbox);
          device.delivered(inbox.got.map(({ message }) => message).filter((message) => message.seq <= seq));
          device.unsubscribe();
        }
        const page = await room.history(ann, { conversationId, limit: 10 });
        const now = page.messages.map(({ status }) => rank[status]);
        for (const [index, value] of now.entries()) expect(value).toBeGreaterThanOrEqual(last[index] ?? 0);
        last = now;
        expect(now.slice(0, readTo)).toEqual(upTo(readTo).map(() => 2));
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

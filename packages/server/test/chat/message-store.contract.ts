/**
 * The contract of `chat/message-store`. An adapter's test calls it with a factory; each test gets fresh data, and may open
 * it several times, as several servers would.
 */
import {
  ClientMessageId,
  ConversationId,
  DeviceId,
  GLOBAL_CONVERSATION,
  MessageId,
  type RtdError,
  UserId,
} from '@rtd/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CommittedMessage, MAX_AHEAD, type MessageStore, type NewMessage } from '../../src/chat/message-store.ts';
import { type Cleanup, createCleanup, newMessageId, upTo } from './chat-fixture.ts';

/** Fresh data, and a way to open it: each call is another server. What it opens is closed by `cleanup`. */
export type StoreFactory = (cleanup: Cleanup) => Promise<() => Promise<MessageStore>>;

const user = (name: string) => UserId.parse(name);
const conversation = (name: string) => ConversationId.parse(name);
const key = (name: string) => ClientMessageId.parse(name);
const ann = user('ann');
const bob = user('bob');
const cat = user('cat');
const phone = DeviceId.parse('phone');
const laptop = DeviceId.parse('laptop');
const room = conversation('room');
const direct = conversation('ann-bob');

function message(more: Partial<NewMessage> = {}): NewMessage {
  return {
    id: newMessageId(),
    conversationId: GLOBAL_CONVERSATION,
    senderId: ann,
    senderName: 'Ann',
    recipientId: undefined,
    content: 'hello',
    clientMessageId: undefined,
    timestamp: '2026-01-31T09:00:00.123Z',
    opening: undefined,
    ...more,
  };
}

const toBob = (more: Partial<NewMessage> = {}) =>
  message({
    conversationId: direct,
    recipientId: bob,
    opening: { kind: 'direct', members: [ann, bob] },
    ...more,
  });

const seqsOf = (messages: readonly CommittedMessage[]) => messages.map(({ message: { seq } }) => seq);
const contentsOf = (messages: readonly CommittedMessage[]) => messages.map(({ message: { content } }) => content);
const refusedWith = (code: RtdError['code']) => expect.objectContaining({ name: 'RtdError', code });

export function messageStoreContract(factory: StoreFactory): void {
  const cleanup = createCleanup();
  let open: () => Promise<MessageStore>;
  let store: MessageStore;

  beforeEach(async () => {
    open = await factory(cleanup);
    store = await open();
  });
  afterEach(() => cleanup.run());

  const all = async (id: ConversationId) => (await store.messages(id, { after: 0, limit: 10_000 })).messages;
  const fill = async (count: number, of: () => NewMessage) => {
    for (const _ of upTo(count)) await store.append([of()]);
  };
  const group = (members: UserId[], creatorId = ann) =>
    store.createConversation({ id: room, kind: 'group', title: 'Room', creatorId, members: [creatorId, ...members] });
  /** Reads the roster version that a change needs. */
  const change = async (what: 'add' | 'remove', userId: UserId) =>
    store.changeMember(what, room, userId, (await store.conversation(room))?.roster ?? -1);

  describe('append', () => {
    test('keeps every field', async () => {
      const sent = toBob({ clientMessageId: key('k 1'), content: 'γειά 👩‍👩‍👧 \u0000 \u001b[31m "\'' });
      const [appended] = await store.append([sent]);
      const { opening: _, ...fields } = sent;
      expect(appended).toEqual({
        message: { ...fields, seq: 1, type: 'TEXT' },
        roster: expect.any(Number),
        repeated: false,
      });
      expect((await all(direct)).map((committed) => committed.message)).toEqual([appended?.message]);
      expect((await store.message(sent.id))?.message).toEqual(appended?.message);
    });

    test('gives dense seqs in the order of the calls, per conversation', async () => {
      const sent = upTo(40).map((n) => store.append([message({ content: `g${n}` })]));
      const others = upTo(3).map(() => store.append([toBob()]));
      expect(seqsOf((await Promise.all(sent)).flat())).toEqual(upTo(40));
      expect(seqsOf((await Promise.all(others)).flat())).toEqual(upTo(3));
      expect(contentsOf(await all(GLOBAL_CONVERSATION))).toEqual(upTo(40).map((n) => `g${n}`));
    });

    test('gives dense seqs to two servers that write at once', async () => {
      const second = await open();
      await Promise.all(
        [store, second].map(async (server) => {
          for (const _ of upTo(50)) await Promise.all([server.append([message()]), server.append([message()])]);
        }),
      );
      expect(seqsOf(await all(GLOBAL_CONVERSATION))).toEqual(upTo(200));
      expect(seqsOf((await second.messages(GLOBAL_CONVERSATION, { after: 0, limit: 1_000 })).messages)).toEqual(
        upTo(200),
      );
    });

    test('stores once per sender and clientMessageId: at once, later, elsewhere, and with other content', async () => {
      const again = () => message({ clientMessageId: key('same') });
      const together = await Promise.all(upTo(10).map(() => store.append([again()])));
      const [first] = together[0] ?? [];
      const second = await open();
      const later = await second.append([
        { ...again(), content: 'other', conversationId: direct, opening: toBob().opening },
      ]);
      for (const appended of [...together.slice(1), later]) expect(appended).toEqual([{ ...first, repeated: true }]);
      expect(first?.repeated).toBe(false);
      expect(seqsOf(await all(GLOBAL_CONVERSATION))).toEqual([1]);
      expect(await store.conversation(direct)).toBeUndefined();
      const [ofBob] = await store.append([{ ...again(), senderId: bob }]);
      expect(ofBob).toMatchObject({ repeated: false, message: { seq: 2 } });
    });

    test('takes a message that it has already, by its id, for stored', async () => {
      const sent = message();
      const [first] = await store.append([sent]);
      expect(await store.append([sent])).toEqual([first]);
      expect(seqsOf(await all(GLOBAL_CONVERSATION))).toEqual([1]);
    });

    test('tells keys and users apart exactly', async () => {
      const keys = ['k', 'K', 'k ', '\u1e31', 'k\u0301', '\uff4b'];
      const appended = await Promise.all(keys.map((name) => store.append([message({ clientMessageId: key(name) })])));
      expect(appended.flat().map((one) => one.repeated)).toEqual(keys.map(() => false));
      await group([user('Bob')]);
      await expect(store.append([message({ conversationId: room, senderId: bob })])).rejects.toEqual(
        refusedWith('FORBIDDEN'),
      );
    });

    test('does all of a call or nothing, and leaves its neighbours alone', async () => {
      await group([]);
      const before = store.append([message({ content: 'before' })]);
      const refused = store.append([
        message({ content: 'half' }),
        toBob(),
        message({ conversationId: room, senderId: bob }),
        message({ content: 'half too' }),
      ]);
      const after = store.append([message({ content: 'after 1' }), message({ content: 'after 2' })]);
      await expect(refused).rejects.toEqual(refusedWith('FORBIDDEN'));
      expect(seqsOf([...(await before), ...(await after)])).toEqual([1, 2, 3]);
      expect(contentsOf(await all(GLOBAL_CONVERSATION))).toEqual(['before', 'after 1', 'after 2']);
      expect(await store.conversation(direct)).toBeUndefined();
    });

    test('counts a repetition inside a call as done', async () => {
      const twice = () => message({ clientMessageId: key('twice') });
      const appended = await store.append([twice(), message(), twice()]);
      expect(appended.map((one) => [one.message.seq, one.repeated])).toEqual([
        [1, false],
        [2, false],
        [1, true],
      ]);
    });

    test('opens a conversation once, with its members', async () => {
      const opened = await Promise.all(upTo(5).map(() => store.append([toBob()])));
      expect(seqsOf(opened.flat())).toEqual(upTo(5));
      expect(await store.conversation(direct)).toEqual({
        id: direct,
        kind: 'direct',
        title: null,
        creatorId: ann,
        lastSeq: 5,
        roster: expect.any(Number),
        members: [ann, bob],
      });
    });

    test('knows the recipient of a direct conversation', async () => {
      await store.append([toBob()]);
      const [back] = await store.append([message({ conversationId: direct, senderId: bob })]);
      expect(back?.message.recipientId).toBe(ann);
      const self = conversation('notes');
      const [note] = await store.append([
        message({ conversationId: self, recipientId: ann, opening: { kind: 'direct', members: [ann, ann] } }),
      ]);
      expect(note?.message.recipientId).toBe(ann);
    });

    test('refuses who is not in it, in the same words as where there is nothing', async () => {
      await store.append([toBob()]);
      const outcomes = await Promise.allSettled([
        store.append([message({ conversationId: direct, senderId: cat })]),
        store.append([message({ conversationId: conversation('nowhere'), senderId: cat })]),
        store.append([toBob({ recipientId: cat })]),
      ]);
      const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
      expect(reasons).toEqual(reasons.map(() => refusedWith('FORBIDDEN')));
      expect(reasons[0]?.message).toBe(reasons[1]?.message);
      expect(seqsOf(await all(direct))).toEqual([1]);
    });
  });

  test('what resolved is there after it was closed and opened again', async () => {
    await store.append([message({ clientMessageId: key('k') }), toBob()]);
    await store.close();
    store = await open();
    expect(seqsOf(await all(GLOBAL_CONVERSATION))).toEqual([1]);
    expect(await store.append([message({ clientMessageId: key('k') })])).toMatchObject([
      { repeated: true, message: { seq: 1 } },
    ]);
    expect(await store.append([message()])).toMatchObject([{ message: { seq: 2 } }]);
  });

  test('reads any piece, in seq order', async () => {
    await fill(10, message);
    const read = async (range: Parameters<MessageStore['messages']>[1]) =>
      seqsOf((await store.messages(GLOBAL_CONVERSATION, range, cat)).messages);
    expect(await read({ limit: 3 })).toEqual([8, 9, 10]);
    expect(await read({ before: 8, limit: 3 })).toEqual([5, 6, 7]);
    expect(await read({ after: 0, limit: 3 })).toEqual([1, 2, 3]);
    expect(await read({ after: 8, limit: 3 })).toEqual([9, 10]);
    expect(await read({ after: 3, before: 6, limit: 10 })).toEqual([4, 5]);
    expect(await read({ after: 10, limit: 3 })).toEqual([]);
    expect(await read({ after: 99, limit: 3 })).toEqual([]);
    expect(await read({ before: 1, limit: 3 })).toEqual([]);
  });

  describe('members', () => {
    test('a conversation is made once', async () => {
      const made = await group([bob, bob]);
      expect(made).toMatchObject({
        id: room,
        kind: 'group',
        title: 'Room',
        creatorId: ann,
        lastSeq: 0,
        members: [ann, bob],
      });
      await expect(group([])).rejects.toEqual(refusedWith('CONFLICT'));
      await expect(
        store.createConversation({
          id: GLOBAL_CONVERSATION,
          kind: 'group',
          title: null,
          creatorId: ann,
          members: [ann],
        }),
      ).rejects.toEqual(refusedWith('CONFLICT'));
      expect(await store.conversation(GLOBAL_CONVERSATION)).toMatchObject({ kind: 'global', members: [] });
      expect(await store.conversation(conversation('nowhere'))).toBeUndefined();
    });

    test('a removal holds at once, for sending and reading, and each change raises the roster', async () => {
      const made = await group([bob]);
      const [early] = await store.append([message({ conversationId: room, senderId: bob })]);
      const removed = await change('remove', bob);
      expect(removed?.members).toEqual([ann]);
      expect(removed?.roster).toBeGreaterThan(made.roster);
      const second = await open();
      for (const server of [store, second]) {
        await expect(server.append([message({ conversationId: room, senderId: bob })])).rejects.toEqual(
          refusedWith('FORBIDDEN'),
        );
        await expect(server.messages(room, { limit: 5 }, bob)).rejects.toEqual(refusedWith('FORBIDDEN'));
        await expect(server.advanceRead(bob, room, 1)).rejects.toEqual(refusedWith('FORBIDDEN'));
      }
      const [late] = await store.append([message({ conversationId: room })]);
      expect(early?.roster).toBe(made.roster);
      expect(late?.roster).toBe(removed?.roster);
      expect((await change('remove', bob))?.roster).toBe(removed?.roster);
    });

    test('a change that was decided on an older roster is not made', async () => {
      const made = await group([]);
      const outcomes = await Promise.all([
        store.changeMember('add', room, bob, made.roster),
        store.changeMember('add', room, cat, made.roster),
      ]);
      expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
      expect((await store.conversation(room))?.members).toHaveLength(2);
    });
  });

  describe('cursors', () => {
    test('a read cursor moves forward only, up to the end, and takes the delivery cursor with it', async () => {
      await fill(5, toBob);
      expect(await store.advanceRead(bob, direct, 3)).toEqual({ conversationId: direct, before: 0, after: 3 });
      expect(await store.advanceRead(bob, direct, 2)).toEqual({ conversationId: direct, before: 3, after: 3 });
      await expect(store.advanceRead(bob, direct, 6)).rejects.toEqual(refusedWith('VALIDATION'));
      const { progress } = await store.messages(direct, { limit: 1 }, ann);
      expect(progress).toEqual([
        { userId: ann, joinedSeq: 0, readSeq: 0, deliveredSeq: 0 },
        { userId: bob, joinedSeq: 0, readSeq: 3, deliveredSeq: 3 },
      ]);
    });

    test('a user has got what the first device has got', async () => {
      await fill(5, toBob);
      const to = (seq: number) => [{ conversationId: direct, seq }];
      expect(await store.advanceDelivered(bob, phone, to(3))).toEqual([
        { conversationId: direct, before: 0, after: 3 },
      ]);
      expect(await store.advanceDelivered(bob, laptop, to(2))).toEqual([
        { conversationId: direct, before: 3, after: 3 },
      ]);
      expect(await store.advanceDelivered(bob, laptop, to(5))).toEqual([
        { conversationId: direct, before: 3, after: 5 },
      ]);
      expect(await store.advanceDelivered(bob, phone, to(1))).toEqual([
        { conversationId: direct, before: 5, after: 5 },
      ]);
      expect(await store.advanceDelivered(cat, phone, to(1))).toEqual([
        { conversationId: direct, before: 0, after: 0 },
      ]);
    });
  });

  describe('inbox', () => {
    test('has what a device has not got, in the order of commit, without global', async () => {
      const notes = conversation('notes');
      const inNotes = (content: string) =>
        message({ content, conversationId: notes, senderId: bob, opening: { kind: 'group', members: [bob] } });
      await store.append([toBob({ content: '1' })]);
      await store.append([inNotes('2')]);
      await store.append([message({ content: 'global' })]);
      await store.append([toBob({ content: '3' })]);
      const { messages, cursors, leftOut } = await store.inbox(bob, phone, 100);
      expect(contentsOf(messages)).toEqual(['1', '2', '3']);
      expect(leftOut).toEqual([]);
      expect(new Set(cursors)).toEqual(
        new Set([
          { conversationId: direct, from: 0, to: 2 },
          { conversationId: notes, from: 0, to: 1 },
        ]),
      );
      await store.advanceDelivered(bob, phone, [{ conversationId: direct, seq: 1 }]);
      expect(contentsOf((await store.inbox(bob, phone, 100)).messages)).toEqual(['2', '3']);
      expect(await store.inbox(bob, phone, 100, direct)).toMatchObject({
        messages: [{ message: { content: '3' } }],
        cursors: [{ conversationId: direct, from: 1, to: 2 }],
      });
      expect(await store.inbox(cat, phone, 100, direct)).toEqual({
        messages: [],
        cursors: [],
        leftOut: [],
        acknowledged: [],
      });
    });

    test('a new device starts where the others are, and is on its own from then on', async () => {
      await fill(3, toBob);
      await store.inbox(bob, phone, 100);
      await store.advanceDelivered(bob, phone, [{ conversationId: direct, seq: 2 }]);
      expect(seqsOf((await store.inbox(bob, laptop, 100)).messages)).toEqual([3]);
      await store.advanceDelivered(bob, phone, [{ conversationId: direct, seq: 3 }]);
      expect(seqsOf((await store.inbox(bob, laptop, 100)).messages)).toEqual([3]);
      expect(seqsOf((await store.inbox(bob, phone, 100)).messages)).toEqual([]);
    });

    test('gives the newest where there are too many, and says from where on', async () => {
      await group([bob]);
      await fill(5, toBob);
      await fill(3, () => message({ conversationId: room }));
      const { messages, cursors, leftOut } = await store.inbox(bob, phone, 4);
      expect(messages.map(({ message: { conversationId, seq } }) => [conversationId, seq])).toEqual([
        [direct, 5],
        [room, 1],
        [room, 2],
        [room, 3],
      ]);
      expect(leftOut).toEqual([{ conversationId: direct, firstSeq: 5 }]);
      expect(cursors).toContainEqual({ conversationId: direct, from: 4, to: 5 });
    });

    test('what a device has acknowledged out of order waits no more, on whatever server, until its cursor is there', async () => {
      await fill(5, toBob);
      await store.inbox(bob, phone, 100);
      const moves = await store.advanceDelivered(bob, phone, [
        { conversationId: direct, seq: 1, ahead: [5, 3, 3, 99] },
      ]);
      expect(moves).toEqual([{ conversationId: direct, before: 0, after: 1 }]);
      const second = await open();
      for (const server of [store, second]) {
        const { messages, cursors, leftOut, acknowledged } = await server.inbox(bob, phone, 100);
        expect(seqsOf(messages)).toEqual([2, 4]);
        expect(cursors).toEqual([{ conversationId: direct, from: 1, to: 5 }]);
        expect(leftOut).toEqual([]);
        expect(acknowledged).toEqual([{ conversationId: direct, seqs: [3, 5] }]);
        expect(await server.inbox(bob, phone, 100, direct)).toMatchObject({ messages, acknowledged });
        expect((await server.inbox(bob, phone, 100, room)).acknowledged).toEqual([]);
      }
      expect(seqsOf((await store.inbox(bob, laptop, 100)).messages)).toEqual([2, 3, 4, 5]);
      await second.advanceDelivered(bob, phone, [{ conversationId: direct, seq: 3 }]);
      expect(await store.inbox(bob, phone, 100)).toMatchObject({
        messages: [{ message: { seq: 4 } }],
        acknowledged: [{ conversationId: direct, seqs: [5] }],
      });
      await store.advanceDelivered(bob, phone, [{ conversationId: direct, seq: 5 }]);
      expect(await store.inbox(bob, phone, 100)).toMatchObject({ messages: [], acknowledged: [] });
      await store.advanceDelivered(cat, phone, [{ conversationId: direct, seq: 0, ahead: [2] }]);
      expect((await store.inbox(cat, phone, 100)).acknowledged).toEqual([]);
    });

    test('what was acknowledged leaves room for what was not', async () => {
      await fill(10, toBob);
      await store.inbox(bob, phone, 100);
      await store.advanceDelivered(bob, phone, [{ conversationId: direct, seq: 0, ahead: [2, 3, 5, 6, 7, 8] }]);
      const whole = await store.inbox(bob, phone, 4);
      expect(seqsOf(whole.messages)).toEqual([1, 4, 9, 10]);
      expect(whole.leftOut).toEqual([]);
      const part = await store.inbox(bob, phone, 3);
      expect(seqsOf(part.messages)).toEqual([4, 9, 10]);
      expect(part).toMatchObject({
        cursors: [{ from: 3, to: 10 }],
        leftOut: [{ conversationId: direct, firstSeq: 4 }],
        acknowledged: [{ conversationId: direct, seqs: [5, 6, 7, 8] }],
      });
    });

    test('what is acknowledged too far behind the cursor is forgotten', async () => {
      await store.append(upTo(MAX_AHEAD + 2).map(() => toBob()));
      await store.inbox(bob, phone, 1);
      const ahead = upTo(MAX_AHEAD + 2, 2);
      await store.advanceDelivered(bob, phone, [{ conversationId: direct, seq: 0, ahead }]);
      expect(await store.inbox(bob, phone, 10)).toMatchObject({
        messages: [{ message: { seq: 1 } }, { message: { seq: MAX_AHEAD + 1 } }, { message: { seq: MAX_AHEAD + 2 } }],
        acknowledged: [{ conversationId: direct, seqs: upTo(MAX_AHEAD, 2) }],
      });
      await store.advanceDelivered(bob, phone, [{ conversationId: direct, seq: MAX_AHEAD + 2 }]);
      expect(await store.inbox(bob, phone, 10)).toMatchObject({ messages: [], acknowledged: [] });
    });

    test('who comes later gets what comes later', async () => {
      await group([]);
      await fill(3, () => message({ conversationId: room }));
      await change('add', bob);
      await store.append([message({ conversationId: room })]);
      expect(seqsOf((await store.inbox(bob, phone, 100)).messages)).toEqual([4]);
      expect((await store.messages(room, { limit: 1 }, ann)).progress).toContainEqual(
        expect.objectContaining({ userId: bob, joinedSeq: 3 }),
      );
    });
  });

  test('lists conversations with what is unread', async () => {
    await fill(2, message);
    await fill(3, toBob);
    await store.append([message({ conversationId: direct, senderId: bob, content: 'mine' })]);
    await store.advanceRead(bob, direct, 1);
    const views = await store.conversationsOf(bob);
    expect(views.map((view) => [view.conversation.id, view.readSeq, view.unread, view.lastMessage?.content])).toEqual([
      [GLOBAL_CONVERSATION, 0, 2, 'hello'],
      [direct, 1, 2, 'mine'],
    ]);
    expect(views[1]?.progress).toHaveLength(2);
    expect((await store.conversationsOf(cat)).map((view) => view.conversation.id)).toEqual([GLOBAL_CONVERSATION]);
  });

  test('tells what has changed since a mark, on whatever server', async () => {
    await store.append([toBob()]);
    const start = await store.changedSince(undefined);
    expect(start.changes).toEqual([]);
    const second = await open();
    await second.append([message()]);
    await second.createConversation({ id: room, kind: 'group', title: null, creatorId: ann, members: [ann] });
    const { mark, changes } = await store.changedSince(start.mark);
    expect(changes).toContainEqual({ conversationId: GLOBAL_CONVERSATION, lastSeq: 1, roster: expect.any(Number) });
    expect(changes).toContainEqual({ conversationId: room, lastSeq: 0, roster: expect.any(Number) });
    const joined = await change('add', bob);
    expect((await store.changedSince(mark)).changes).toContainEqual({
      conversationId: room,
      lastSeq: 0,
      roster: joined?.roster,
    });
  });

  test('refuses everything once it is closed, and may be closed again', async () => {
    await store.check();
    const pending = store.append([message()]);
    await store.close();
    await store.close();
    expect(seqsOf(await pending)).toEqual([1]);
    for (const call of [
      () => store.append([message()]),
      () => store.message(MessageId.parse('m')),
      () => store.check(),
    ]) {
      await expect(call()).rejects.toEqual(refusedWith('STORE_UNAVAILABLE'));
    }
  });
}

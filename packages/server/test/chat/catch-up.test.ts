/** `after-seq`: everything missed, then everything that comes; in order, none twice, none missing; and no reader costs the server memory. */
import { type ConversationId, GLOBAL_CONVERSATION, limitsWith, MessageId } from '@rtd/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Delivery } from '../../src/chat/chat-room.ts';
import type { RunningChatRoom } from '../../src/chat/create-chat-room.ts';
import type { MessageStore, NewMessage } from '../../src/chat/message-store.ts';
import { createCleanup, createReader, newMessageId, openRoom, openStore, person, seqs, upTo } from './chat-fixture.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());
const ann = person('ann');
const bob = person('bob');
const say = (room: RunningChatRoom, content = 'hello') => room.send(ann, { content });

/** Straight into the store, many at a time. */
async function fill(store: MessageStore, count: number, content = 'old'): Promise<void> {
  const message = (): NewMessage => ({
    id: newMessageId(),
    conversationId: GLOBAL_CONVERSATION,
    senderId: ann.userId,
    senderName: 'ann',
    recipientId: undefined,
    content,
    clientMessageId: undefined,
    timestamp: new Date().toISOString(),
    opening: undefined,
  });
  await Promise.all(upTo(count).map(() => store.append([message()])));
}

describe('resuming', () => {
  test('without after-seq from now on, with it from there', async () => {
    const { room } = await openRoom(cleanup);
    await Promise.all(upTo(5).map(() => say(room)));
    const readers = [undefined, 0, 3, 5].map((afterSeq) => ({ afterSeq, reader: createReader<Delivery>() }));
    for (const { afterSeq, reader } of readers) await room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq });
    await say(room);
    for (const { afterSeq, reader } of readers) {
      await vi.waitFor(() => expect(seqs(reader.got)).toEqual(upTo(6, (afterSeq ?? 5) + 1)));
    }
  });

  test('joins the live ones under fire, many times', async () => {
    const { room, store } = await openRoom(cleanup);
    await fill(store, 2_500);
    let sending = true;
    const sent = (async () => {
      while (sending) await Promise.all(upTo(20).map(() => say(room)));
    })();
    const readers = upTo(40).map((n) => ({ afterSeq: n * 50, reader: createReader<Delivery>() }));
    await Promise.all(
      readers.map(({ afterSeq, reader }) => room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq })),
    );
    sending = false;
    await sent;
    const last = (await store.conversation(GLOBAL_CONVERSATION))?.lastSeq ?? 0;
    for (const { afterSeq, reader } of readers) {
      await vi.waitFor(() => expect(reader.got.at(-1)?.message.seq).toBe(last));
      expect(seqs(reader.got)).toEqual(upTo(last, afterSeq + 1));
    }
  });

  test('over 10,000 missing: the newest 10,000, dense to the end, and from where', async () => {
    const { room, store } = await openRoom(cleanup);
    await fill(store, 10_300);
    const reader = createReader<Delivery>();
    const subscription = await room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq: 299 });
    await say(room);
    await vi.waitFor(() => expect(seqs(reader.got)).toEqual(upTo(10_301, 301)));
    expect(subscription.truncatedTo).toBe(301);
    const exact = createReader<Delivery>();
    expect((await room.subscribe(bob, GLOBAL_CONVERSATION, exact, { afterSeq: 301 })).truncatedTo).toBeUndefined();
    expect(seqs(exact.got)).toEqual(upTo(10_301, 302));
  });

  test('a place that this server has not reached yet is found in the store', async () => {
    const store = await openStore(cleanup);
    const { room } = await openRoom(cleanup, { store });
    await room.subscribe(bob, GLOBAL_CONVERSATION, createReader<Delivery>(), {});
    await fill(store, 10);
    const reader = createReader<Delivery>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq: 7 });
    await say(room);
    await vi.waitFor(() => expect(seqs(reader.got)).toEqual([8, 9, 10, 11]));
  });

  test('a place that is nowhere means: from the end on', async () => {
    const { room } = await openRoom(cleanup);
    await say(room);
    const reader = createReader<Delivery>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq: 4_000 });
    await say(room);
    await vi.waitFor(() => expect(seqs(reader.got)).toEqual([2]));
  });

  test('unsubscribed means: not one more', async () => {
    const { room } = await openRoom(cleanup);
    const reader = createReader<Delivery>();
    const subscription = await room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq: 0 });
    await say(room);
    await vi.waitFor(() => expect(reader.got).toHaveLength(1));
    subscription.unsubscribe();
    subscription.unsubscribe();
    const other = createReader<Delivery>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, other, {});
    await say(room);
    await vi.waitFor(() => expect(seqs(other.got)).toEqual([2]));
    expect(reader.got).toHaveLength(1);
  });
});

describe('a slow reader', () => {
  const budget = limitsWith().SEND_BUFFER_BYTES;

  test('catches up piece by piece, while others are served', async () => {
    const { room, store } = await openRoom(cleanup);
    await fill(store, 1_500, '€'.repeat(1_000));
    const reader = createReader<Delivery>();
    reader.hold();
    let done = false;
    const subscribing = room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq: 0 }).then(() => {
      done = true;
    });
    const fast = createReader<Delivery>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, fast, {});
    await say(room, 'to the fast one');
    await vi.waitFor(() => expect(fast.got).toHaveLength(1));
    expect(done).toBe(false);
    while (!done) {
      await new Promise(setImmediate);
      reader.release();
      if (!done) reader.hold();
    }
    reader.release();
    await subscribing;
    await vi.waitFor(() => expect(seqs(reader.got)).toEqual(upTo(1_501)));
    expect(reader.mostQueued).toBeLessThan(budget);
  });

  test('that goes away in the middle ends the catching up', async () => {
    const { room, store } = await openRoom(cleanup);
    await fill(store, 500, '€'.repeat(1_000));
    const reader = createReader<Delivery>();
    reader.hold();
    const subscribing = room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq: 0 });
    await vi.waitFor(() => expect(reader.mostQueued).toBeGreaterThan(0));
    reader.close();
    await subscribing;
    expect(reader.got.length).toBeLessThan(500);
  });

  test('that is live and stops reading is closed with the place to resume from', async () => {
    const { room } = await openRoom(cleanup, {
      limits: limitsWith({ MESSAGES_PER_SECOND: 0, SEND_BUFFER_BYTES: 20_000 }),
    });
    const reader = createReader<Delivery>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, reader, {});
    reader.hold();
    for (const _ of upTo(6)) {
      await say(room, '€'.repeat(3_000));
      await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(reader.overflowedAt).toHaveLength(1));
    reader.release();
    const [missed] = seqs(reader.overflowedAt);
    expect(seqs(reader.got)).toEqual(upTo((missed ?? 0) - 1));
    const resumed = createReader<Delivery>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, resumed, { afterSeq: (missed ?? 0) - 1 });
    await vi.waitFor(() => expect(seqs([...reader.got, ...resumed.got])).toEqual(upTo(6)));
  });
});

describe('history', () => {
  const read = async (
    room: RunningChatRoom,
    query: { before?: number; after?: number; limit: number },
    id?: ConversationId,
  ) => {
    const page = await room.history(bob, { conversationId: id ?? GLOBAL_CONVERSATION, ...query });
    return { seqs: page.messages.map((message) => message.seq), hasMore: page.hasMore };
  };

  test('says whether there is more in the direction that was asked for', async () => {
    const { room, store } = await openRoom(cleanup);
    await fill(store, 10);
    expect(await read(room, { limit: 4 })).toEqual({ seqs: [7, 8, 9, 10], hasMore: true });
    expect(await read(room, { before: 7, limit: 6 })).toEqual({ seqs: upTo(6), hasMore: false });
    expect(await read(room, { after: 6, limit: 3 })).toEqual({ seqs: [7, 8, 9], hasMore: true });
    expect(await read(room, { after: 7, limit: 3 })).toEqual({ seqs: [8, 9, 10], hasMore: false });
    expect(await read(room, { after: 10, limit: 3 })).toEqual({ seqs: [], hasMore: false });
  });

  test('a message that nobody knows cannot be read', async () => {
    const { room } = await openRoom(cleanup);
    await expect(room.markRead(bob, { id: MessageId.parse('nothing') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

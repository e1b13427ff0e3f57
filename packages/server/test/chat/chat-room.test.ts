import { ClientMessageId, type Confirmation, GLOBAL_CONVERSATION, type Typing } from '@rtd/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Delivery } from '../../src/chat/chat-room.ts';
import { createCleanup, createReader, openRoom, person, seqs, upTo } from './chat-fixture.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());
const ann = person('ann');
const bob = person('bob');

describe('global', () => {
  test('a message is confirmed, delivered, and in the history', async () => {
    const { room } = await openRoom(cleanup);
    const reader = createReader<Delivery>();
    const confirmations = createReader<Confirmation>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, reader, {});
    room.subscribeConfirmations(ann, confirmations);
    const key = ClientMessageId.parse('k1');
    const { message, repeated } = await room.send(ann, { content: ' hi ', clientMessageId: key });
    expect(repeated).toBe(false);
    expect(message).toMatchObject({ seq: 1, content: 'hi', senderId: 'ann', conversationId: 'global' });
    await vi.waitFor(() => expect(reader.got).toEqual([{ message }]));
    await vi.waitFor(() =>
      expect(confirmations.got).toEqual([
        {
          clientMessageId: 'k1',
          id: message.id,
          conversationId: 'global',
          seq: 1,
          status: 'SENT',
          timestamp: message.timestamp,
        },
      ]),
    );
    const page = await room.history(bob, { conversationId: GLOBAL_CONVERSATION, limit: 10 });
    expect(page).toEqual({ messages: [{ ...message, status: 'SENT' }], hasMore: false });
  });

  test('after-seq gives what was missed, then what comes, once each', async () => {
    const { room } = await openRoom(cleanup);
    for (const seq of upTo(30)) await room.send(ann, { content: `${seq}` });
    const reader = createReader<Delivery>();
    const sending = Promise.all(upTo(200).map((n) => room.send(ann, { content: `live ${n}` })));
    const subscription = await room.subscribe(bob, GLOBAL_CONVERSATION, reader, { afterSeq: 10 });
    await sending;
    expect(subscription.truncatedTo).toBeUndefined();
    await vi.waitFor(() => expect(seqs(reader.got)).toEqual(upTo(230, 11)));
  });

  test('a poll waits for the first message', async () => {
    const { room } = await openRoom(cleanup);
    const query = { conversationId: GLOBAL_CONVERSATION, after: 0, limit: 10, waitMillis: 10_000 };
    const polled = room.poll(bob, query, new AbortController().signal);
    await room.send(ann, { content: 'there' });
    expect((await polled).messages.map((message) => message.content)).toEqual(['there']);
    const many = Promise.all(upTo(20).map(() => room.poll(bob, { ...query, after: 1 }, new AbortController().signal)));
    await room.poll(bob, { ...query, waitMillis: 0 }, new AbortController().signal);
    const { message } = await room.send(ann, { content: 'for all who wait' });
    for (const page of await many) expect(page).toEqual({ messages: [{ ...message, status: 'SENT' }], hasMore: false });
    const aborted = new AbortController();
    const second = room.poll(bob, { ...query, after: 2 }, aborted.signal);
    aborted.abort();
    expect(await second).toEqual({ messages: [], hasMore: false });
  });

  test('typing is shown, and ends with the message', async () => {
    const { room } = await openRoom(cleanup);
    const reader = createReader<Typing>();
    room.subscribeTyping(bob, GLOBAL_CONVERSATION, reader);
    await room.setTyping(ann, GLOBAL_CONVERSATION, true);
    await vi.waitFor(() => expect(reader.got).toMatchObject([{ userId: 'ann', isTyping: true }]));
    await room.send(ann, { content: 'there' });
    await vi.waitFor(() => expect(reader.got.map((mark) => mark.isTyping)).toEqual([true, false]));
  });
});

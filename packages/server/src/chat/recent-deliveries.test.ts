import { ConversationId, MessageId, UserId } from '@rtd/protocol';
import { expect, test } from 'vitest';
import type { Delivery } from './chat-room.ts';
import { createRecentDeliveries } from './recent-deliveries.ts';

const delivery = (seq: number, content = 'hi'): Delivery => ({
  message: {
    id: MessageId.parse(`m${seq}`),
    conversationId: ConversationId.parse('c'),
    seq,
    senderId: UserId.parse('ann'),
    senderName: 'ann',
    type: 'TEXT',
    content,
    timestamp: '2026-01-31T09:00:00.000Z',
  },
});
const seqs = (deliveries: readonly Delivery[] | undefined) => deliveries?.map(({ message }) => message.seq);

test('has everything behind a seq, or says that it has not', () => {
  const recent = createRecentDeliveries();
  expect(seqs(recent.after(10, 10))).toEqual([]);
  expect(recent.after(9, 10)).toBeUndefined();
  for (const seq of [11, 12, 13]) recent.push(delivery(seq), 0);
  expect(seqs(recent.after(10, 13))).toEqual([11, 12, 13]);
  expect(seqs(recent.after(12, 13))).toEqual([13]);
  expect(seqs(recent.after(13, 13))).toEqual([]);
  expect(recent.after(9, 13)).toBeUndefined();
});

test('is bounded by count', () => {
  const recent = createRecentDeliveries();
  for (let seq = 1; seq <= 5_000; seq += 1) recent.push(delivery(seq), 0);
  expect(recent.after(5_000 - 1_025, 5_000)).toBeUndefined();
  expect(seqs(recent.after(5_000 - 1_024, 5_000))).toHaveLength(1_024);
});

test('is bounded by size', () => {
  const recent = createRecentDeliveries();
  for (let seq = 1; seq <= 100; seq += 1) recent.push(delivery(seq, 'x'.repeat(4_000)), 0);
  expect(recent.after(20, 100)).toBeUndefined();
  expect(seqs(recent.after(50, 100))).toHaveLength(50);
});

test('forgets what is old', () => {
  const recent = createRecentDeliveries();
  for (const seq of [1, 2, 3, 4]) recent.push(delivery(seq), seq * 1_000);
  recent.forgetBefore(3_000);
  expect(recent.after(1, 4)).toBeUndefined();
  expect(seqs(recent.after(2, 4))).toEqual([3, 4]);
  recent.forgetBefore(9_000);
  expect(recent.after(3, 4)).toBeUndefined();
  expect(seqs(recent.after(4, 4))).toEqual([]);
});

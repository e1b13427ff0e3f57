import { ConversationId, GLOBAL_CONVERSATION, MessageId, UserId } from '@rtd/protocol';
import { expect, test } from 'vitest';
import type { StoredMessage } from './message.ts';
import { statusOf } from './message-status.ts';
import type { MemberProgress } from './message-store.ts';

const user = (name: string) => UserId.parse(name);
const message: StoredMessage = {
  id: MessageId.parse('m'),
  conversationId: ConversationId.parse('c'),
  seq: 5,
  senderId: user('ann'),
  senderName: 'ann',
  type: 'TEXT',
  content: 'hi',
  timestamp: '2026-01-31T09:00:00.000Z',
};
const member = (name: string, readSeq: number, deliveredSeq: number, joinedSeq = 0): MemberProgress => ({
  userId: user(name),
  joinedSeq,
  readSeq,
  deliveredSeq,
});

test.each([
  ['nobody else is there', [member('ann', 9, 9)], 'SENT'],
  ['the other has nothing', [member('ann', 9, 9), member('bob', 4, 4)], 'SENT'],
  ['the other has it', [member('ann', 0, 0), member('bob', 4, 5)], 'DELIVERED'],
  ['the other has read it', [member('ann', 0, 0), member('bob', 5, 5)], 'READ'],
  ['read implies delivered', [member('bob', 5, 0)], 'READ'],
  ['one of two has it', [member('bob', 5, 5), member('cat', 0, 0)], 'SENT'],
  ['two have it, one has read it', [member('bob', 5, 5), member('cat', 0, 5)], 'DELIVERED'],
  ['two have it, the other one has read it', [member('bob', 0, 5), member('cat', 5, 5)], 'DELIVERED'],
  ['two have read it', [member('bob', 5, 5), member('cat', 7, 7)], 'READ'],
  ['who joined later does not count', [member('bob', 5, 5), member('cat', 0, 0, 5)], 'READ'],
] as const)('%s: the message is %s', (_, progress, status) => {
  expect(statusOf(message, progress)).toBe(status);
});

test('in global a message stays SENT', () => {
  expect(statusOf({ ...message, conversationId: GLOBAL_CONVERSATION }, [member('bob', 9, 9)])).toBe('SENT');
});

/** A message's status, derived from its readers' cursors: DELIVERED or READ once all others have got or read it. */
import { type ChatMessage, GLOBAL_CONVERSATION, type MessageStatus } from '@rtd/protocol';
import type { StoredMessage } from './message.ts';
import type { MemberProgress } from './message-store.ts';

/** READ implies DELIVERED. Who came later, or is alone in the conversation, does not count; in `global` it stays SENT. */
export function statusOf(message: StoredMessage, progress: readonly MemberProgress[]): MessageStatus {
  if (message.conversationId === GLOBAL_CONVERSATION) return 'SENT';
  let status: MessageStatus = 'SENT';
  for (const member of progress) {
    if (member.userId === message.senderId || member.joinedSeq >= message.seq) continue;
    const isRead = member.readSeq >= message.seq;
    if (!isRead && member.deliveredSeq < message.seq) return 'SENT';
    if (!isRead || status === 'DELIVERED') status = 'DELIVERED';
    else status = 'READ';
  }
  return status;
}

export function withStatus(message: StoredMessage, progress: readonly MemberProgress[]): ChatMessage {
  return { ...message, status: statusOf(message, progress) };
}

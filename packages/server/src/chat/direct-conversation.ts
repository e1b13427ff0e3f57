/**
 * The id of the conversation between two users: the same whoever writes first, and nobody else's. It is a digest of both
 * ids, so it fits the alphabet and the length of an id whatever theirs is; ids with its prefix cannot be made otherwise.
 */
import { createHash } from 'node:crypto';
import { ConversationId, type UserId } from '@rtd/protocol';

const PREFIX = 'dm:';

/** Symmetric. One with oneself is a notebook. */
export function directConversationId(one: UserId, other: UserId): ConversationId {
  // JSON, because ids may hold any separator that one could think of.
  const pair = JSON.stringify(one < other ? [one, other] : [other, one]);
  return ConversationId.parse(PREFIX + createHash('sha256').update(pair).digest('base64url'));
}

/** True for every id that only {@link directConversationId} may hand out. */
export function isReservedForDirect(id: ConversationId): boolean {
  return id.startsWith(PREFIX);
}

/** Who is in a conversation, at one version of its list. */
import { type ConversationId, type ConversationKind, GLOBAL_CONVERSATION, RtdError, type UserId } from '@rtd/protocol';
import type { ConversationRecord } from './message-store.ts';
import { NOT_A_MEMBER } from './refusals.ts';

export interface Roster {
  readonly conversationId: ConversationId;
  readonly kind: ConversationKind;
  /** Grows with every change of members. */
  readonly version: number;
  readonly creatorId: UserId | null;
  /** Empty for `global`. */
  readonly members: ReadonlySet<UserId>;
}

export function rosterOf(record: ConversationRecord): Roster {
  return {
    conversationId: record.id,
    kind: record.kind,
    version: record.roster,
    creatorId: record.creatorId,
    members: new Set(record.members),
  };
}

export function isIn(roster: Roster, userId: UserId): boolean {
  return roster.conversationId === GLOBAL_CONVERSATION || roster.members.has(userId);
}

export function notAMember(): RtdError {
  return new RtdError('FORBIDDEN', NOT_A_MEMBER);
}

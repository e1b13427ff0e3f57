/**
 * Making conversations and changing who is in them. The rules: any member adds to a group; anyone adds themselves to a
 * public one, and its members others; one is removed by oneself or by the creator; `global` and direct ones stay as they are.
 * A rule is checked against one version of the members and holds only for it: if that has changed meanwhile, it is checked anew.
 */
import {
  ConversationId,
  type ConversationSummary,
  GLOBAL_CONVERSATION,
  NewConversation,
  parseOrRefuse,
  RtdError,
  type UserId,
} from '@rtd/protocol';
import { isReservedForDirect } from './direct-conversation.ts';
import { withStatus } from './message-status.ts';
import type { ConversationView, MessageStore } from './message-store.ts';
import { isIn, notAMember, type Roster, rosterOf } from './roster.ts';

/** A message to a conversation looks at each of its members. */
const MAX_MEMBERS = 1_000;
const ATTEMPTS = 20;

export interface ConversationDesk {
  list(userId: UserId): Promise<readonly ConversationSummary[]>;
  /** @throws RtdError VALIDATION, CONFLICT where the id is in use or reserved, STORE_UNAVAILABLE */
  create(creator: UserId, request: NewConversation): Promise<ConversationSummary>;
  /** @throws RtdError FORBIDDEN, CONFLICT where it is full or changes too fast, STORE_UNAVAILABLE */
  addMember(actor: UserId, conversationId: ConversationId, userId: UserId): Promise<void>;
  removeMember(actor: UserId, conversationId: ConversationId, userId: UserId): Promise<void>;
}

export function createConversationDesk(options: {
  readonly store: MessageStore;
  /** A fresh id for a conversation that is given none. */
  newId(): string;
  /** Told after a change is committed, and before the call that made it resolves. */
  changed(roster: Roster): void;
}): ConversationDesk {
  const { store, newId, changed } = options;

  async function change(
    kind: 'add' | 'remove',
    conversationId: ConversationId,
    userId: UserId,
    checkAllowed: (roster: Roster) => void,
  ): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const record = await store.conversation(conversationId);
      if (record === undefined) throw notAMember();
      const roster = rosterOf(record);
      checkAllowed(roster);
      const after = await store.changeMember(kind, conversationId, userId, roster.version);
      if (after === undefined) continue;
      if (after.roster !== roster.version) changed(rosterOf(after));
      return;
    }
    throw new RtdError(
      'CONFLICT',
      'The members of that conversation change too fast right now. Try again in a moment.',
    );
  }

  return {
    async list(userId) {
      return (await store.conversationsOf(userId)).map(summaryOf);
    },
    async create(creator, request) {
      const { id, kind, title, members = [] } = parseOrRefuse(NewConversation, request, 'conversation');
      if (id !== undefined && (id === GLOBAL_CONVERSATION || isReservedForDirect(id))) {
        throw new RtdError('CONFLICT', 'That conversation id is reserved: choose another one.');
      }
      const conversation = await store.createConversation({
        id: id ?? ConversationId.parse(newId()),
        kind,
        title: title ?? null,
        creatorId: creator,
        members: [...new Set([creator, ...members])],
      });
      changed(rosterOf(conversation));
      return summaryOf({ conversation, progress: [], readSeq: 0, unread: 0, lastMessage: undefined });
    },
    addMember: (actor, conversationId, userId) =>
      change('add', conversationId, userId, (roster) => {
        checkChangeable(roster, actor);
        const mayJoin = roster.kind === 'public' && actor === userId;
        if (!isIn(roster, actor) && !mayJoin) throw notAMember();
        if (roster.members.size >= MAX_MEMBERS && !isIn(roster, userId)) {
          throw new RtdError('CONFLICT', `That conversation is full: it has ${MAX_MEMBERS} members.`);
        }
      }),
    removeMember: (actor, conversationId, userId) =>
      change('remove', conversationId, userId, (roster) => {
        checkChangeable(roster, actor);
        if (actor === userId || (actor === roster.creatorId && isIn(roster, actor))) return;
        if (!isIn(roster, actor)) throw notAMember();
        throw new RtdError('FORBIDDEN', 'Only the creator of a conversation removes others from it.');
      }),
  };
}

function checkChangeable(roster: Roster, actor: UserId): void {
  if (roster.kind === 'group' || roster.kind === 'public') return;
  if (!isIn(roster, actor)) throw notAMember();
  throw new RtdError('FORBIDDEN', 'The members of a direct conversation, and of global, cannot be changed.');
}

function summaryOf({ conversation, progress, readSeq, unread, lastMessage }: ConversationView): ConversationSummary {
  const { id, kind, title, members, lastSeq } = conversation;
  return {
    id,
    kind,
    title,
    members: [...members],
    lastSeq,
    readSeq,
    unread,
    lastMessage: lastMessage === undefined ? null : withStatus(lastMessage, progress),
  };
}

/** What a conversation is called: by the other one's name, by its title, or by its id. */
import { type Conversation, partnerOf } from '../state/conversations.ts';
import type { People } from '../state/people.ts';
import type { Drawing } from './drawing.ts';
import { type Span, span } from './style.ts';

export function conversationName(conversation: Conversation, self: string | undefined, drawing: Drawing): string {
  const { id, key, title } = conversation;
  return drawing.name(partnerOf(conversation, self) ?? title ?? id ?? key);
}

/** Who of its members is here, oneself too; everybody who is, in global. */
export function membersHere({ kind, members }: Conversation, people: People): readonly string[] {
  return kind === 'global' ? [...people.keys()] : members.filter((member) => people.has(member));
}

/** One column: here, away, or not here; blank in conversations of many. */
export function presenceMark(userId: string | undefined, people: People, { glyphs }: Drawing): Span {
  if (userId === undefined) return span(' ');
  const status = people.get(userId)?.status;
  if (status === 'ONLINE') return span(glyphs.live, 'good');
  return status === 'AWAY' ? span(glyphs.partly, 'warn') : span(glyphs.off, 'dim');
}

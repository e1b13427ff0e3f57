/**
 * What servers tell each other about chat. All of it is a hint: it may get lost, come twice or out of order, and nothing
 * depends on it but speed (messages, rosters), or it is worth nothing a few seconds later (typing).
 * Plain JSON on every backend; adapters parse with these schemas, since anybody may write to a channel.
 */
import { ChatMessage, Confirmation, ConversationId, ReadReceipt, ServerId, Typing, UserId } from '@rtd/protocol';
import { z } from 'zod';

const MessageHint = z.object({
  kind: z.literal('message'),
  from: ServerId,
  message: ChatMessage.omit({ status: true }),
  roster: z.int().min(0),
});

const RosterHint = z.object({
  kind: z.literal('roster'),
  from: ServerId,
  conversationId: ConversationId,
  roster: z.int().min(0),
});

/** To every server. */
export const BusHint = z.discriminatedUnion('kind', [
  MessageHint,
  RosterHint,
  z.object({ kind: z.literal('typing'), from: ServerId, typing: Typing }),
]);
export type BusHint = z.infer<typeof BusHint>;

/** To one server: messages of conversations whose members are there, and what its users are told about their own. */
export const Letter = z.discriminatedUnion('kind', [
  MessageHint,
  z.object({ kind: z.literal('confirmation'), to: UserId, confirmation: Confirmation }),
  z.object({ kind: z.literal('receipt'), to: UserId, receipt: ReadReceipt }),
]);
export type Letter = z.infer<typeof Letter>;

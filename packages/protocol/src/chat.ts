/** Chat payloads (contract, sections 1 to 3). Unknown fields are dropped on parse. */
import { z } from 'zod';
import { ClientMessageId, ConversationId, MessageId, UserId, UserName } from './ids.ts';

/** ISO-8601 UTC with milliseconds: `2026-01-31T09:00:00.000Z`. */
export const Timestamp = z.iso.datetime({ precision: 3 });

/** 1 to 4,000 characters (code points) after trimming, any Unicode; the value is the trimmed text. */
export const Content = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .refine((text) => text.length <= 4_000 || [...text].length <= 4_000, 'must be at most 4000 characters')
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** A message's place in its conversation: 1, 2, 3, … without holes, in the order of commit. */
export const Seq = z.int().min(1);
export type Seq = z.infer<typeof Seq>;

export const MessageStatus = z.enum(['SENT', 'DELIVERED', 'READ']);
export type MessageStatus = z.infer<typeof MessageStatus>;

export const ChatMessage = z.object({
  id: MessageId,
  conversationId: ConversationId,
  seq: Seq,
  senderId: UserId,
  senderName: UserName,
  recipientId: UserId.optional(),
  type: z.literal('TEXT'),
  content: z.string(),
  clientMessageId: ClientMessageId.optional(),
  status: MessageStatus,
  timestamp: Timestamp,
});
export type ChatMessage = z.infer<typeof ChatMessage>;

/** Body of a guest's SEND `/app/chat`. `sender` is taken as display name from guests only. */
export const GuestGlobalSend = z.object({
  content: Content,
  clientMessageId: ClientMessageId.optional(),
  sender: UserName.optional(),
});
export type GuestGlobalSend = z.infer<typeof GuestGlobalSend>;

/** Body of SEND `/app/chat` by all others: their `sender` is one more unknown field, whatever it says. */
export const GlobalSend = GuestGlobalSend.omit({ sender: true });
export type GlobalSend = z.infer<typeof GlobalSend>;

/** Body of SEND `/app/chat.send` and of `POST /api/chat/messages`. Neither id means `global`. */
export const ConversationSend = z.object({
  content: Content,
  conversationId: ConversationId.optional(),
  recipientId: UserId.optional(),
  type: z.literal('TEXT').optional(),
  clientMessageId: ClientMessageId.optional(),
});
export type ConversationSend = z.infer<typeof ConversationSend>;

/** Body of SEND `/app/typing` and `/app/chat.typing/{conversationId}`. */
export const TypingSend = z.object({ isTyping: z.boolean().default(true) });
export type TypingSend = z.infer<typeof TypingSend>;

/** Body of SEND `/app/chat.read`: everything up to that message is read. */
export const ReadSend = z.union([z.object({ conversationId: ConversationId, seq: Seq }), z.object({ id: MessageId })], {
  error: 'must have id, or conversationId and seq',
});
export type ReadSend = z.infer<typeof ReadSend>;

export const Typing = z.object({
  conversationId: ConversationId,
  userId: UserId,
  userName: UserName,
  isTyping: z.boolean(),
  timestamp: Timestamp,
});
export type Typing = z.infer<typeof Typing>;

/**
 * How far a member is: what came behind `joinedSeq`, up to `deliveredSeq` and `readSeq`, has reached them or was read by
 * them. By these a message's sender sees who has it, and how many.
 */
export const MemberCursor = z.object({
  userId: UserId,
  joinedSeq: z.int().min(0),
  deliveredSeq: z.int().min(0),
  readSeq: z.int().min(0),
});
export type MemberCursor = z.infer<typeof MemberCursor>;

/** Answer of history and of the chat long poll; messages in seq order. `cursors`: of every member; none in `global`. */
export const HistoryPage = z.object({
  messages: z.array(ChatMessage),
  hasMore: z.boolean(),
  cursors: z.array(MemberCursor).optional(),
});
export type HistoryPage = z.infer<typeof HistoryPage>;

/** Body of MESSAGE on `/user/queue/confirmations`. */
export const Confirmation = z.object({
  clientMessageId: ClientMessageId.optional(),
  id: MessageId,
  conversationId: ConversationId,
  seq: Seq,
  status: z.enum(['SENT', 'DELIVERED']),
  userId: UserId.optional(),
  timestamp: Timestamp,
});
export type Confirmation = z.infer<typeof Confirmation>;

/** Body of MESSAGE on `/user/queue/receipts`. */
export const ReadReceipt = z.object({
  id: MessageId,
  conversationId: ConversationId,
  seq: Seq,
  readerId: UserId,
  status: z.literal('READ'),
  timestamp: Timestamp,
});
export type ReadReceipt = z.infer<typeof ReadReceipt>;

export const ConversationKind = z.enum(['global', 'direct', 'group', 'public']);
export type ConversationKind = z.infer<typeof ConversationKind>;

/** An entry of `GET /api/conversations`. */
export const ConversationSummary = z.object({
  id: ConversationId,
  kind: ConversationKind,
  title: z.string().nullable(),
  members: z.array(UserId),
  lastSeq: z.int().min(0),
  readSeq: z.int().min(0),
  unread: z.int().min(0),
  lastMessage: ChatMessage.nullable(),
});
export type ConversationSummary = z.infer<typeof ConversationSummary>;

/** Body of `POST /api/conversations`. */
export const NewConversation = z.object({
  id: ConversationId.optional(),
  kind: z.enum(['group', 'public']),
  title: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
    .optional(),
  members: z.array(UserId).max(1_000).optional(),
});
export type NewConversation = z.infer<typeof NewConversation>;

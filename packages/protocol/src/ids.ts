/**
 * Names that travel on the wire. Each is branded, so that a user's id cannot be passed where a conversation's is meant;
 * the only way to make one is to parse it.
 *
 * Source: contract, section 3 ("1 to 64 characters of letters, digits, `.`, `_`, `-`, `:`, `@`"). Letters and digits are
 * Unicode's, so that people can use their own names; control, space and bidi characters are in neither class.
 */
import { z } from 'zod';

const name = z.string().regex(/^[\p{L}\p{M}\p{N}._\-:@]{1,64}$/u, 'must be 1 to 64 letters, digits or . _ - : @');

export const UserId = name.brand<'UserId'>();
export type UserId = z.infer<typeof UserId>;

export const ConversationId = name.brand<'ConversationId'>();
export type ConversationId = z.infer<typeof ConversationId>;

export const MessageId = name.brand<'MessageId'>();
export type MessageId = z.infer<typeof MessageId>;

export const ServerId = name.brand<'ServerId'>();
export type ServerId = z.infer<typeof ServerId>;

/** The name of a traded thing: `BTC`. */
export const TickerSymbol = name.brand<'TickerSymbol'>();
export type TickerSymbol = z.infer<typeof TickerSymbol>;

/** What people see as the sender: same alphabet as an id. */
export const UserName = name;

/** What presence can be on (`/topic/presence/{resourceType}/{resourceId}`): either part of its name. */
export const ResourceName = name;

/** The client's own name for a message, unique per sender, for ever: 1 to 64 characters, no control characters, well-formed. */
export const ClientMessageId = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u, 'must be 1 to 64 characters without control characters')
  .brand<'ClientMessageId'>();
export type ClientMessageId = z.infer<typeof ClientMessageId>;

/** The device of a user that a delivery cursor is kept for; `default` when the client names none. */
export const DeviceId = name.brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

export const GLOBAL_CONVERSATION: ConversationId = ConversationId.parse('global');
export const DEFAULT_DEVICE: DeviceId = DeviceId.parse('default');

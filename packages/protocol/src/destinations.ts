/**
 * STOMP destinations, parsed and built in one place (contract, section 2). A destination that is not in these tables is
 * unknown: undefined, which a session answers with ERROR and close (stomp-rules 31 and contract, section 9).
 */
import { ConversationId, GLOBAL_CONVERSATION, ResourceName, TickerSymbol, UserId } from './ids.ts';

/** Where a SEND goes. */
export type SendDestination =
  | { readonly to: 'global-chat' }
  | { readonly to: 'chat' }
  | { readonly to: 'typing'; readonly conversationId: ConversationId }
  | { readonly to: 'chat-read' }
  | { readonly to: 'user-connect' }
  | { readonly to: 'user-presence' }
  | { readonly to: 'auth-refresh' }
  | { readonly to: 'resource-presence' };

const SEND_DESTINATIONS: ReadonlyMap<string, SendDestination> = new Map<string, SendDestination>([
  ['/app/chat', { to: 'global-chat' }],
  ['/app/chat.send', { to: 'chat' }],
  ['/app/typing', { to: 'typing', conversationId: GLOBAL_CONVERSATION }],
  ['/app/chat.read', { to: 'chat-read' }],
  ['/app/user.connect', { to: 'user-connect' }],
  ['/app/user.presence', { to: 'user-presence' }],
  ['/app/auth.refresh', { to: 'auth-refresh' }],
  ['/app/presence/heartbeat', { to: 'resource-presence' }],
  ['/app/presence/update', { to: 'resource-presence' }],
]);

const CONVERSATION_TYPING_SEND = '/app/chat.typing/';

export function parseSendDestination(destination: string): SendDestination | undefined {
  const fixed = SEND_DESTINATIONS.get(destination);
  if (fixed !== undefined) return fixed;
  if (!destination.startsWith(CONVERSATION_TYPING_SEND)) return undefined;
  const id = ConversationId.safeParse(destination.slice(CONVERSATION_TYPING_SEND.length));
  return id.success ? { to: 'typing', conversationId: id.data } : undefined;
}

/** The private queues of a user. */
export type UserQueue = 'messages' | 'confirmations' | 'receipts' | 'errors';

/** What a SUBSCRIBE asks for. */
export type SubscribeDestination =
  | { readonly of: 'conversation'; readonly conversationId: ConversationId }
  | { readonly of: 'typing'; readonly conversationId: ConversationId }
  | { readonly of: 'presence' }
  | { readonly of: 'resource-presence'; readonly resourceType: string; readonly resourceId: string }
  | { readonly of: 'market'; readonly symbol: TickerSymbol | undefined }
  /** `userId` is set when the client named one (`/user/{myId}/queue/…`); another's than its own is denied. */
  | { readonly of: 'user-queue'; readonly queue: UserQueue; readonly userId: UserId | undefined };

const SUBSCRIBE_DESTINATIONS: ReadonlyMap<string, SubscribeDestination> = new Map<string, SubscribeDestination>([
  ['/topic/messages', { of: 'conversation', conversationId: GLOBAL_CONVERSATION }],
  ['/topic/chat', { of: 'conversation', conversationId: GLOBAL_CONVERSATION }],
  ['/topic/typing', { of: 'typing', conversationId: GLOBAL_CONVERSATION }],
  ['/topic/presence', { of: 'presence' }],
  ['/topic/market', { of: 'market', symbol: undefined }],
]);

const USER_QUEUES: ReadonlyMap<string, UserQueue> = new Map<string, UserQueue>([
  ['messages', 'messages'],
  ['confirmations', 'confirmations'],
  ['receipts', 'receipts'],
  ['errors', 'errors'],
]);

export function parseSubscribeDestination(destination: string): SubscribeDestination | undefined {
  const fixed = SUBSCRIBE_DESTINATIONS.get(destination);
  if (fixed !== undefined) return fixed;
  const [root, area, ...rest] = destination.split('/').slice(1);
  if (!destination.startsWith('/') || area === undefined) return undefined;
  if (root === 'topic') return parseTopic(area, rest);
  if (root === 'user') return parseUserQueue([area, ...rest]);
  return undefined;
}

function parseTopic(area: string, rest: readonly string[]): SubscribeDestination | undefined {
  const [first, second, ...more] = rest;
  if (first === undefined || more.length > 0) return undefined;
  if (second !== undefined) {
    const valid =
      area === 'presence' && ResourceName.safeParse(first).success && ResourceName.safeParse(second).success;
    return valid ? { of: 'resource-presence', resourceType: first, resourceId: second } : undefined;
  }
  const conversation = ConversationId.safeParse(first);
  if (area === 'conversation' && conversation.success) return { of: 'conversation', conversationId: conversation.data };
  if (area === 'typing' && conversation.success) return { of: 'typing', conversationId: conversation.data };
  const symbol = TickerSymbol.safeParse(first);
  if (area === 'market' && symbol.success) return { of: 'market', symbol: symbol.data };
  return undefined;
}

function parseUserQueue(path: readonly string[]): SubscribeDestination | undefined {
  const named = path[0] !== 'queue' || path.length === 3;
  const userId = named ? UserId.safeParse(path[0]) : undefined;
  const [queueWord, queueName, ...more] = named ? path.slice(1) : path;
  if (queueWord !== 'queue' || queueName === undefined || more.length > 0) return undefined;
  const queue = USER_QUEUES.get(queueName);
  if (queue === undefined || userId?.success === false) return undefined;
  return { of: 'user-queue', queue, userId: userId?.data };
}

/** Builders, for clients: the same names, never spelled twice. */
export const destinations = {
  sendGlobal: '/app/chat',
  send: '/app/chat.send',
  read: '/app/chat.read',
  typing: (id: ConversationId): string => (id === GLOBAL_CONVERSATION ? '/app/typing' : `/app/chat.typing/${id}`),
  userConnect: '/app/user.connect',
  userPresence: '/app/user.presence',
  authRefresh: '/app/auth.refresh',
  heartbeat: '/app/presence/heartbeat',
  conversation: (id: ConversationId): string =>
    id === GLOBAL_CONVERSATION ? '/topic/messages' : `/topic/conversation/${id}`,
  typingOf: (id: ConversationId): string => (id === GLOBAL_CONVERSATION ? '/topic/typing' : `/topic/typing/${id}`),
  presence: '/topic/presence',
  resourcePresence: (resourceType: string, resourceId: string): string =>
    `/topic/presence/${resourceType}/${resourceId}`,
  market: (symbol?: TickerSymbol): string => (symbol === undefined ? '/topic/market' : `/topic/market/${symbol}`),
  userQueue: (queue: UserQueue): string => `/user/queue/${queue}`,
} as const;

/**
 * From a SEND to a committed message: validate, take from the sender's rate, append. Whether the sender may is decided by
 * the store, in the transaction that commits: so it holds at this very moment on every server.
 * Nothing is awaited before the append, so the requests of one caller keep their order.
 */
import { Content, GLOBAL_CONVERSATION, type MessageId, parseOrRefuse, UserName } from '@rtd/protocol';
import type { Identity } from '../auth/identity.ts';
import type { Clock } from '../clock.ts';
import type { SendRequest } from './chat-room.ts';
import { directConversationId, isReservedForDirect } from './direct-conversation.ts';
import type { Appended, MessageStore, NewMessage, Opening } from './message-store.ts';
import type { RateLimit } from './rate-limit.ts';

export interface SendOptions {
  readonly store: MessageStore;
  readonly rate: RateLimit;
  readonly clock: Clock;
  newMessageId(): MessageId;
}

export interface MessageSender {
  /**
   * All or none; `committed` is told before the echo headers are forgotten.
   * @throws RtdError VALIDATION, RATE_LIMITED, FORBIDDEN, STORE_UNAVAILABLE: then nothing was stored.
   */
  send(
    sender: Identity,
    requests: readonly SendRequest[],
    committed: (appended: readonly Appended[]) => void,
  ): Promise<readonly Appended[]>;
  /** The echo headers of a message on its way. */
  echoOf(id: MessageId): ReadonlyMap<string, string> | undefined;
}

export function createMessageSender(options: SendOptions): MessageSender {
  const { store, rate, clock, newMessageId } = options;
  const echoes = new Map<MessageId, ReadonlyMap<string, string>>();

  return {
    async send(sender, requests, committed) {
      const timestamp = new Date(clock.now()).toISOString();
      const messages = requests.map((request) => newMessage(sender, request, newMessageId(), timestamp));
      if (messages.length === 0) return [];
      rate.take(sender.userId, messages.length);
      for (const [index, { echoHeaders }] of requests.entries()) {
        const message = messages[index];
        if (echoHeaders !== undefined && echoHeaders.size > 0 && message !== undefined)
          echoes.set(message.id, echoHeaders);
      }
      try {
        const appended = await store.append(messages);
        committed(appended);
        return appended;
      } finally {
        for (const { id } of messages) echoes.delete(id);
      }
    },
    echoOf: (id) => echoes.get(id),
  };
}

function newMessage(sender: Identity, request: SendRequest, id: MessageId, timestamp: string): NewMessage {
  const { userId } = sender;
  const content = parseOrRefuse(Content, request.content, 'content');
  const ownName = sender.guest && request.senderName !== undefined;
  const senderName = ownName ? parseOrRefuse(UserName, request.senderName, 'sender') : sender.userName;
  const { recipientId, clientMessageId } = request;
  const direct = recipientId === undefined ? undefined : directConversationId(userId, recipientId);
  const conversationId = request.conversationId ?? direct ?? GLOBAL_CONVERSATION;
  const opening: Opening | undefined =
    isReservedForDirect(conversationId) && conversationId !== direct
      ? undefined
      : recipientId === undefined
        ? { kind: 'group', members: [userId] }
        : { kind: 'direct', members: [userId, recipientId] };
  return {
    id,
    conversationId,
    senderId: userId,
    senderName,
    recipientId,
    content,
    clientMessageId,
    timestamp,
    opening,
  };
}

/** What a SEND asks for, by destination (contract, section 2): parsed completely before anything is done. */
import {
  ConversationSend,
  GlobalSend,
  GuestGlobalSend,
  PresenceSend,
  parseOrRefuse,
  ReadSend,
  ResourceSend,
  RtdError,
  type SendDestination,
  type StompFrame,
  TypingSend,
  UserConnectSend,
  withoutNulls,
} from '@rtd/protocol';
import { z } from 'zod';
import type { SendRequest } from '../../chat/chat-room.ts';
import type { ConnectedClient } from './connected-client.ts';

export type SendAction =
  | { readonly is: 'chat'; readonly request: SendRequest }
  | { readonly is: 'other'; readonly perform: () => Promise<void> };

const AuthRefresh = z.object({ token: z.string().min(1).max(16_384) });

/** @throws RtdError VALIDATION or FORBIDDEN: nothing is done then. */
export function sendActionOf(
  client: ConnectedClient,
  target: SendDestination,
  frame: StompFrame,
  text: string,
): SendAction {
  const body = jsonOf(text);
  const { chat } = client.services;
  switch (target.to) {
    case 'global-chat': {
      const echoHeaders = echoOf(frame);
      if (!client.identity.guest)
        return { is: 'chat', request: { ...parseOrRefuse(GlobalSend, body, 'body'), echoHeaders } };
      const { sender: senderName, ...request } = parseOrRefuse(GuestGlobalSend, body, 'body');
      return { is: 'chat', request: { ...request, senderName, echoHeaders } };
    }
    case 'chat': {
      const { type: _, ...request } = parseOrRefuse(ConversationSend, body, 'body');
      return { is: 'chat', request: { ...request, echoHeaders: echoOf(frame) } };
    }
    case 'typing': {
      const { isTyping } = parseOrRefuse(TypingSend, body, 'body');
      return other(() => chat.setTyping(client.identity, target.conversationId, isTyping));
    }
    case 'chat-read': {
      const upTo = parseOrRefuse(ReadSend, body, 'body');
      return other(() => chat.markRead(client.identity, upTo));
    }
    case 'user-connect': {
      const { userId } = parseOrRefuse(UserConnectSend, body, 'body');
      if (userId !== undefined && userId !== client.identity.userId) {
        throw new RtdError('FORBIDDEN', 'userId: is not the user of this connection');
      }
      return other(() => client.presence.setStatus('ONLINE'));
    }
    case 'user-presence': {
      const { status } = parseOrRefuse(PresenceSend, body, 'body');
      return other(() => client.presence.setStatus(status));
    }
    case 'resource-presence': {
      const { resourceType, resourceId } = parseOrRefuse(ResourceSend, body, 'body');
      return other(() => client.presence.lookAt(resourceType, resourceId));
    }
    case 'auth-refresh': {
      const { token } = parseOrRefuse(AuthRefresh, body, 'body');
      return other(() => refresh(client, token));
    }
  }
}

function other(perform: () => Promise<void>): SendAction {
  return { is: 'other', perform };
}

/** An empty body says nothing: every field that has a default takes it. */
function jsonOf(text: string): unknown {
  if (text === '') return {};
  try {
    return withoutNulls(JSON.parse(text));
  } catch {
    throw new RtdError('VALIDATION', 'body: must be JSON');
  }
}

/** The client's own headers that a chat message is delivered with: those that begin with `x-` (contract, section 9). */
function echoOf(frame: StompFrame): ReadonlyMap<string, string> | undefined {
  let echoed: Map<string, string> | undefined;
  for (const [name, value] of frame.headers) {
    if (!name.startsWith('x-')) continue;
    echoed ??= new Map();
    echoed.set(name, value);
  }
  return echoed;
}

/** A newer token of the same user moves the expiry of the connection. In open auth nothing expires. */
async function refresh(client: ConnectedClient, token: string): Promise<void> {
  const { authenticator } = client.services;
  if (authenticator.mode === 'open') return;
  const fresh = await authenticator.authenticate({
    authorization: `Bearer ${token}`,
    userId: undefined,
    login: undefined,
  });
  const { userId, device, expiresAt } = client.identity;
  if (fresh.userId !== userId) throw new RtdError('FORBIDDEN', 'token: is of another user than this connection');
  if (fresh.expiresAt !== undefined && (expiresAt === undefined || fresh.expiresAt < expiresAt)) {
    throw new RtdError('VALIDATION', 'token: is older than the one that this connection has');
  }
  client.identity = { ...fresh, device };
}

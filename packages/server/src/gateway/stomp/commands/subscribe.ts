/** SUBSCRIBE (stomp-rules 41 to 45; contract, section 2): one destination, one room that has it. */
import {
  type ConversationId,
  parseSubscribeDestination,
  RtdError,
  type StompFrame,
  type SubscribeDestination,
  type TickerSymbol,
  type UserQueue,
} from '@rtd/protocol';
import type { Delivery, InboxSubscription } from '../../../chat/chat-room.ts';
import type { StoredMessage } from '../../../chat/message.ts';
import { type AckMode, parseAckMode } from '../acks.ts';
import { type ClientSubscription, EntrySubscription } from '../client-subscription.ts';
import type { ConnectedClient } from '../connected-client.ts';
import type { MessageFormat, MessageShape } from '../message-encoder.ts';
import { StompBreach } from '../stomp-breach.ts';
import { requiredHeader } from './command.ts';

/** A SUBSCRIBE whose headers have been read. */
interface Wanted {
  readonly client: ConnectedClient;
  readonly shape: MessageShape;
  readonly mode: AckMode;
  readonly afterSeq: number | undefined;
}

export function subscribe(client: ConnectedClient, frame: StompFrame): void | Promise<void> {
  const destination = requiredHeader(frame, 'destination');
  const subscription = client.version === '1.0' ? frame.headers.get('id') : requiredHeader(frame, 'id');
  const mode = parseAckMode(frame.headers.get('ack'));
  const asked = parseSubscribeDestination(destination);
  if (asked === undefined) throw new StompBreach('There is no such destination.', { code: 'NOT_FOUND' });
  const shape = { version: client.version, subscription, destination, acked: mode !== 'auto' };
  return open({ client, shape, mode, afterSeq: afterSeqOf(frame) }, asked);
}

function open(wanted: Wanted, asked: SubscribeDestination): void | Promise<void> {
  const { client } = wanted;
  const { chat, market, presence, formats } = client.services;
  switch (asked.of) {
    case 'conversation':
      return openConversation(wanted, asked.conversationId);
    case 'typing': {
      const subscription = add(wanted, formats.typing);
      subscription.opened(chat.subscribeTyping(client.identity, asked.conversationId, subscription));
      return;
    }
    case 'presence': {
      const subscription = add(wanted, formats.presence);
      subscription.opened(presence.subscribe(subscription));
      return;
    }
    case 'resource-presence': {
      const subscription = add(wanted, formats.resourcePresence);
      subscription.opened(presence.subscribeResource(asked.resourceType, asked.resourceId, subscription));
      return;
    }
    case 'market': {
      const subscription = add(wanted, formats.tick);
      subscription.opened(market.subscribe(subscription, filterOf(asked.symbol), 0));
      return;
    }
    case 'user-queue':
      if (asked.userId !== undefined && asked.userId !== client.identity.userId) {
        throw new RtdError('FORBIDDEN', 'That queue is another user’s.');
      }
      return openUserQueue(wanted, asked.queue);
  }
}

function openUserQueue(wanted: Wanted, queue: UserQueue): void | Promise<void> {
  const { client } = wanted;
  const { chat, formats } = client.services;
  switch (queue) {
    case 'messages':
      return openInbox(wanted);
    case 'confirmations': {
      const subscription = add(wanted, formats.confirmation);
      subscription.opened(chat.subscribeConfirmations(client.identity, subscription));
      return;
    }
    case 'receipts': {
      const subscription = add(wanted, formats.receipt);
      subscription.opened(chat.subscribeReceipts(client.identity, subscription));
      return;
    }
    case 'errors': {
      const subscription = add(wanted, formats.error);
      client.addErrorSubscription(subscription);
      subscription.opened(chat.subscribeErrors(client.identity, subscription));
      return;
    }
  }
}

async function openConversation(wanted: Wanted, conversationId: ConversationId): Promise<void> {
  const { client, afterSeq, shape } = wanted;
  const subscription = add(wanted, client.services.formats.chat);
  subscription.resumePoint = ({ message }: Delivery) => [['after-seq', String(message.seq - 1)]];
  const { destination } = shape;
  const removed = (): void => {
    subscription.stop();
    client.notify(new RtdError('FORBIDDEN', 'You are no longer a member of this conversation.'), { destination });
  };
  const live = await client.services.chat.subscribe(client.identity, conversationId, subscription, {
    afterSeq,
    removed,
  });
  subscription.opened(live);
  if (live.truncatedTo === undefined) return;
  client.notify(
    new RtdError(
      'RESUME_TRUNCATED',
      `More was missing than is sent again: it begins with seq ${live.truncatedTo}. Older messages are in the history.`,
    ),
    { destination, conversationId, firstSeq: live.truncatedTo },
  );
}

async function openInbox(wanted: Wanted): Promise<void> {
  const { client } = wanted;
  const subscription = add(wanted, client.services.formats.chat);
  let inbox: InboxSubscription | undefined;
  /** Delivered while the inbox was still opening: its backlog. */
  let early: StoredMessage[] = [];
  subscription.tellWhatIsDelivered((deliveries) => {
    const messages = deliveries.map(({ message }) => message);
    if (inbox === undefined) early.push(...messages);
    else inbox.delivered(messages);
  });
  inbox = await client.services.chat.subscribeInbox(client.identity, subscription);
  // Before it may end, where the client is gone already: what ends an inbox waits for what it was told.
  if (early.length > 0) inbox.delivered(early);
  early = [];
  subscription.storing = inbox.stored;
  subscription.opened(inbox);
}

/** Enters the subscription with the client; whatever fails after this ends the connection, and with it the entry. */
function add<Entry extends object>(wanted: Wanted, format: MessageFormat<Entry>): EntrySubscription<Entry> {
  const { client, shape, mode } = wanted;
  const subscription = new EntrySubscription<Entry>(client, shape, mode, format);
  const entry: ClientSubscription = subscription;
  client.addSubscription(entry);
  return subscription;
}

function filterOf(symbol: TickerSymbol | undefined): ReadonlySet<TickerSymbol> | undefined {
  return symbol === undefined ? undefined : new Set([symbol]);
}

/** @throws StompBreach unless it is a count. */
function afterSeqOf(frame: StompFrame): number | undefined {
  const header = frame.headers.get('after-seq');
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header)) throw new StompBreach('after-seq must be the seq of a message, or 0.');
  return Number(header);
}

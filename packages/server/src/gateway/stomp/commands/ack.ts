/** ACK and NACK (stomp-rules 46 to 48). */
import type { StompFrame } from '@rtd/protocol';
import type { ClientSubscription } from '../client-subscription.ts';
import type { ConnectedClient } from '../connected-client.ts';
import { StompBreach } from '../stomp-breach.ts';
import { requiredHeader } from './command.ts';

/** The message, and in mode `client` all before it, has arrived. */
export function ack(client: ConnectedClient, frame: StompFrame): void {
  acknowledge(client, frame, true);
}

/** The message has not arrived: it is sent again at the next subscribe (contract, section 9). */
export function nack(client: ConnectedClient, frame: StompFrame): void {
  if (client.version === '1.0') throw new StompBreach('STOMP 1.0 has no NACK.');
  acknowledge(client, frame, false);
}

function acknowledge(client: ConnectedClient, frame: StompFrame, arrived: boolean): void {
  const messageId = requiredHeader(frame, client.version === '1.2' ? 'id' : 'message-id');
  const subscriptionId =
    client.version === '1.1' ? requiredHeader(frame, 'subscription') : frame.headers.get('subscription');
  const take = (): (() => void) => {
    const subscription = subscriptionOf(client, messageId, subscriptionId);
    const count = subscription.takeUnacked(messageId);
    return arrived ? count : () => {};
  };
  const transaction = frame.headers.get('transaction');
  if (transaction === undefined) {
    take()();
    return;
  }
  const held = client.transactions.hold(transaction, messageId.length);
  // Known to be wrong already: better said now than at COMMIT.
  subscriptionOf(client, messageId, subscriptionId);
  held.acks.push(take);
}

function subscriptionOf(client: ConnectedClient, messageId: string, id: string | undefined): ClientSubscription {
  for (const subscription of client.subscriptions) {
    if (id !== undefined && subscription.id !== id) continue;
    if (subscription.isUnacked(messageId)) return subscription;
  }
  throw new StompBreach('There is no such unacknowledged message on this connection.');
}

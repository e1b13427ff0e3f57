/** ACK and NACK (stomp-rules 46 to 48). */
import { type StompFrame, toRtdError } from '@rtd/protocol';
import type { ClientSubscription } from '../client-subscription.ts';
import type { ConnectedClient } from '../connected-client.ts';
import { SendRefused, StompBreach } from '../stomp-breach.ts';
import { requiredHeader } from './command.ts';

/**
 * The message, and in mode `client` all before it, has arrived. A RECEIPT says that this is stored: no server sends it
 * again.
 */
export function ack(client: ConnectedClient, frame: StompFrame): void | Promise<void> {
  const subscription = acknowledge(client, frame, true);
  return subscription !== undefined && frame.headers.has('receipt') ? storedOrTold(client, subscription) : undefined;
}

async function storedOrTold(client: ConnectedClient, subscription: ClientSubscription): Promise<void> {
  try {
    await subscription.stored();
  } catch (thrown) {
    const error = toRtdError(thrown);
    client.notify(error, { destination: subscription.destination });
    throw new SendRefused(error);
  }
}

/** The message has not arrived: it is sent again at the next subscribe (contract, section 9). */
export function nack(client: ConnectedClient, frame: StompFrame): void {
  if (client.version === '1.0') throw new StompBreach('STOMP 1.0 has no NACK.');
  acknowledge(client, frame, false);
}

/** The subscription that it is about; undefined where it waits for COMMIT. */
function acknowledge(client: ConnectedClient, frame: StompFrame, arrived: boolean): ClientSubscription | undefined {
  const messageId = requiredHeader(frame, client.version === '1.2' ? 'id' : 'message-id');
  const subscriptionId =
    client.version === '1.1' ? requiredHeader(frame, 'subscription') : frame.headers.get('subscription');
  const find = (): ClientSubscription => subscriptionOf(client, messageId, subscriptionId);
  const takeFrom = (subscription: ClientSubscription): (() => void) => {
    const count = subscription.takeUnacked(messageId);
    return arrived ? count : () => {};
  };
  const transaction = frame.headers.get('transaction');
  if (transaction === undefined) {
    const subscription = find();
    takeFrom(subscription)();
    return subscription;
  }
  const held = client.transactions.hold(transaction, messageId.length);
  // Known to be wrong already: better said now than at COMMIT.
  find();
  held.acks.push(() => takeFrom(find()));
  return undefined;
}

function subscriptionOf(client: ConnectedClient, messageId: string, id: string | undefined): ClientSubscription {
  for (const subscription of client.subscriptions) {
    if (id !== undefined && subscription.id !== id) continue;
    if (subscription.isUnacked(messageId)) return subscription;
  }
  throw new StompBreach('There is no such unacknowledged message on this connection.');
}

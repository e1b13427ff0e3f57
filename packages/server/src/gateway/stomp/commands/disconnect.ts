/** DISCONNECT (stomp-rules 53): answered and closed by the session. A RECEIPT says that every ACK before it is stored. */
import type { StompFrame } from '@rtd/protocol';
import type { ConnectedClient } from '../connected-client.ts';

export function disconnect(client: ConnectedClient, frame: StompFrame): void | Promise<void> {
  return frame.headers.has('receipt') ? allStored(client) : undefined;
}

async function allStored(client: ConnectedClient): Promise<void> {
  for (const subscription of client.subscriptions) await subscription.stored();
}

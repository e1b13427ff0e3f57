/** UNSUBSCRIBE: not one MESSAGE more (stomp-rules 41 and 49). */
import type { StompFrame } from '@rtd/protocol';
import type { ConnectedClient } from '../connected-client.ts';
import { requiredHeader } from './command.ts';

export function unsubscribe(client: ConnectedClient, frame: StompFrame): void {
  const id = client.version === '1.0' ? frame.headers.get('id') : requiredHeader(frame, 'id');
  const destination = id === undefined ? requiredHeader(frame, 'destination') : undefined;
  client.endSubscription(id, destination);
}

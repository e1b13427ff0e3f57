/** BEGIN, COMMIT and ABORT (stomp-rules 50 to 52). */
import type { StompFrame } from '@rtd/protocol';
import type { ConnectedClient } from '../connected-client.ts';
import { requiredHeader } from './command.ts';

export function begin(client: ConnectedClient, frame: StompFrame): void {
  client.transactions.begin(requiredHeader(frame, 'transaction'));
}

/** All or nothing: one refused message refuses the whole, and the connection closes (contract, section 9). */
export async function commit(client: ConnectedClient, frame: StompFrame): Promise<void> {
  const transaction = client.transactions.end(requiredHeader(frame, 'transaction'));
  if (transaction.refusal !== undefined) throw transaction.refusal;
  const acks = transaction.acks.map((take) => take());
  if (transaction.sends.length > 0) await client.services.chat.sendAll(client.identity, transaction.sends);
  for (const count of acks) count();
  for (const action of transaction.others) await action();
}

export function abort(client: ConnectedClient, frame: StompFrame): void {
  client.transactions.end(requiredHeader(frame, 'transaction'));
}

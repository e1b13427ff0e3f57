/**
 * SEND (stomp-rules 31, 32, 35). What is wrong with the frame ends the connection; what the application refuses goes to
 * `/user/queue/errors`, and only the RECEIPT is missing.
 */
import { ClientMessageId, parseSendDestination, RtdError, type StompFrame, toRtdError } from '@rtd/protocol';
import { z } from 'zod';
import type { ConnectedClient } from '../connected-client.ts';
import { type SendAction, sendActionOf } from '../send-actions.ts';
import { SendRefused, StompBreach } from '../stomp-breach.ts';
import { requiredHeader } from './command.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

export function send(client: ConnectedClient, frame: StompFrame): void | Promise<void> {
  const destination = requiredHeader(frame, 'destination');
  const target = parseSendDestination(destination);
  if (target === undefined) throw new StompBreach('Nothing takes messages at this destination.', { code: 'NOT_FOUND' });
  const text = bodyText(frame);
  const transactionName = frame.headers.get('transaction');
  if (transactionName === undefined)
    return perform(client, destination, text, () => sendActionOf(client, target, frame, text));
  const transaction = client.transactions.hold(transactionName, frameBytes(frame));
  if (transaction.refusal !== undefined) return;
  try {
    const action = sendActionOf(client, target, frame, text);
    if (action.is === 'chat') transaction.sends.push(action.request);
    else transaction.others.push(action.perform);
  } catch (thrown) {
    if (!(thrown instanceof RtdError) || thrown instanceof StompBreach) throw thrown;
    transaction.refusal = thrown;
  }
}

async function perform(
  client: ConnectedClient,
  destination: string,
  text: string,
  actionOf: () => SendAction,
): Promise<void> {
  try {
    const action = actionOf();
    if (action.is === 'chat') await client.services.chat.send(client.identity, action.request);
    else await action.perform();
  } catch (thrown) {
    if (thrown instanceof StompBreach) throw thrown;
    const error = toRtdError(thrown);
    if (error.code === 'INTERNAL') client.services.log.error({ err: thrown, destination }, 'a SEND failed');
    client.notify(error, { destination, clientMessageId: clientMessageIdIn(text) });
    throw new SendRefused(error);
  }
}

/** @throws StompBreach for what is not UTF-8 (stomp-rules 24). */
function bodyText(frame: StompFrame): string {
  try {
    return UTF8.decode(frame.body);
  } catch {
    throw new StompBreach('The body is not valid UTF-8.');
  }
}

const Named = z.object({ clientMessageId: ClientMessageId });

/** The client's name for a message that was refused, as far as it can be made out. */
function clientMessageIdIn(text: string): ClientMessageId | undefined {
  try {
    return Named.safeParse(JSON.parse(text)).data?.clientMessageId;
  } catch {
    return undefined;
  }
}

/** Roughly what a held frame costs. */
function frameBytes(frame: StompFrame): number {
  let bytes = frame.body.length;
  for (const [name, value] of frame.headers) bytes += name.length + value.length;
  return bytes;
}

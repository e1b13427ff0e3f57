/** The way of a message: SEND, RECEIPT, and back as a MESSAGE, in a conversation that nobody else is in. */
import { createHash } from 'node:crypto';
import type { StompFrame } from '@rtd/protocol';
import { WireError } from '../../wire/wire-error.ts';
import { type Check, type Finding, fail, pass, warn } from '../check.ts';
import { connectStomp, type Dialogue, StompRefusal } from '../stomp-dialogue.ts';
import { DOCTOR, type Surroundings } from '../surroundings.ts';
import { explainStomp, wireFailure } from './wire-failure.ts';

const LONGEST_ID = 64;
/** How long a server that may be one without receipts is given to send one. */
const SETTLE_MILLIS = 1_000;

export const stompReceipt: Check = {
  id: 'stomp-receipt',
  stretch: 'stomp',
  title: 'a message, there and back',
  needs: ['stomp-connect'],
  run: async (surroundings) => {
    let step = 'CONNECT';
    const on = (now: string): void => {
      step = now;
    };
    try {
      using dialogue = await connectStomp(surroundings);
      return (await surroundings.isOurs())
        ? await throughChat(dialogue, surroundings, on)
        : await throughBroker(dialogue, surroundings, on);
    } catch (error) {
      return wireFailure(error, step, {
        silent: `There is no answer to ${step}: frames of that size do not pass, or nobody has processed it.`,
        closed: `The connection is cut at ${step}.`,
        otherwise: 'The connection broke.',
        fix: explainStomp(surroundings.target).trimEnd() || undefined,
      });
    }
  },
};

/** The doctor's own, one a user: it is made by the first message, and used again. */
function conversationOf(userId: string | undefined): string {
  const name = `${DOCTOR}.${userId ?? DOCTOR}`;
  if (name.length <= LONGEST_ID) return name;
  return `${DOCTOR}.${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}

async function throughChat(
  dialogue: Dialogue,
  surroundings: Surroundings,
  on: (step: string) => void,
): Promise<Finding> {
  const conversationId = conversationOf(dialogue.userId);
  const send = { destination: '/app/chat.send', topic: `/topic/conversation/${conversationId}` };
  const clientMessageId = `${DOCTOR}-${surroundings.newName()}`;
  const body = (id: string): string =>
    JSON.stringify({ conversationId, content: `rtd doctor was here (${id})`, clientMessageId: id });
  const { wire } = dialogue;
  on('SUBSCRIBE /user/queue/errors');
  wire.send({
    command: 'SUBSCRIBE',
    headers: [
      ['id', 'errors'],
      ['destination', '/user/queue/errors'],
    ],
  });
  // The same each time: stored once for ever, so that the conversation is there to be subscribed to.
  on(`SEND ${send.destination}, the first message of ${conversationId}`);
  await receipted(dialogue, surroundings, {
    command: 'SEND',
    headers: [
      ['destination', send.destination],
      ['content-type', 'application/json'],
    ],
    body: body(DOCTOR),
  });
  return await thereAndBack(dialogue, surroundings, on, {
    ...send,
    body: body(clientMessageId),
    mark: clientMessageId,
    note: `, in the conversation ${conversationId}`,
    acknowledges: true,
  });
}

async function throughBroker(
  dialogue: Dialogue,
  surroundings: Surroundings,
  on: (step: string) => void,
): Promise<Finding> {
  const mark = `${DOCTOR}-${surroundings.newName()}`;
  const destination = surroundings.destination ?? `/topic/${mark}`;
  return await thereAndBack(dialogue, surroundings, on, {
    destination,
    topic: destination,
    body: mark,
    mark,
    note: '',
    acknowledges: false,
  });
}

interface Trip {
  readonly destination: string;
  readonly topic: string;
  readonly body: string;
  /** Stands in what comes back. */
  readonly mark: string;
  readonly note: string;
  /** False where it has to be found out whether the server sends receipts: Spring's simple broker does not. */
  readonly acknowledges: boolean;
}

async function thereAndBack(
  dialogue: Dialogue,
  surroundings: Surroundings,
  on: (step: string) => void,
  trip: Trip,
): Promise<Finding> {
  const { wire } = dialogue;
  const { timeoutMillis } = surroundings;
  const asked = `SUBSCRIBE ${trip.topic}, SEND ${trip.destination}, each with a receipt${trip.note}`;
  on(`SUBSCRIBE ${trip.topic}`);
  const subscribed = await receipted(
    dialogue,
    { ...surroundings, timeoutMillis: trip.acknowledges ? timeoutMillis : Math.min(SETTLE_MILLIS, timeoutMillis) },
    {
      command: 'SUBSCRIBE',
      headers: [
        ['id', 'trip'],
        ['destination', trip.topic],
      ],
    },
  ).then(
    () => true,
    (error: unknown) => {
      const mayGoOn = !trip.acknowledges && error instanceof WireError && error.reason === 'silent';
      if (mayGoOn) return false;
      throw error;
    },
  );
  on(`SEND ${trip.destination}`);
  const begun = performance.now();
  const receipt = `receipt-${trip.mark}`;
  wire.send({
    command: 'SEND',
    headers: [
      ['destination', trip.destination],
      ['content-type', 'application/json'],
      ['receipt', receipt],
    ],
    body: trip.body,
  });
  let stored: number | undefined;
  let back: number | undefined;
  while (stored === undefined || back === undefined) {
    // Who has sent no receipt for SUBSCRIBE will hardly send one now.
    const patience = subscribed || back === undefined ? timeoutMillis : Math.min(SETTLE_MILLIS, timeoutMillis);
    const left = patience - (performance.now() - begun);
    if (left <= 0) break;
    const frame = await wire.next(left).catch((error: unknown) => {
      if (error instanceof WireError && error.reason === 'silent') return undefined;
      throw error;
    });
    if (frame === undefined) break;
    refuse(frame);
    if (frame.command === 'RECEIPT' && frame.headers.get('receipt-id') === receipt) stored = performance.now() - begun;
    if (frame.command === 'MESSAGE' && textOf(frame).includes(trip.mark)) back = performance.now() - begun;
  }
  const answered = `RECEIPT ${spanOf(stored)}, MESSAGE ${spanOf(back)}`;
  if (stored !== undefined && back !== undefined)
    return pass(
      { asked, answered },
      trip.acknowledges
        ? 'What is sent is stored, and comes to who has subscribed.'
        : 'What is sent is acknowledged, and comes to who has subscribed.',
    );
  const fix = explainStomp(surroundings.target).trimEnd();
  if (stored === undefined && back === undefined)
    return fail(
      { asked, answered },
      trip.acknowledges
        ? 'The message is lost: nothing came back.'
        : 'Nothing came back: is that a destination to which clients may both send and subscribe? Another one is named with --destination.',
      fix === '' ? undefined : fix,
    );
  if (!trip.acknowledges)
    return stored === undefined
      ? warn(
          { asked, answered },
          "It comes to who has subscribed, and no RECEIPT is sent (Spring's simple broker has none): a sender cannot know whether its message was taken.",
          'rtd bench fanout --no-receipts   # for rtd bench at this server',
        )
      : fail(
          { asked, answered },
          'The message is acknowledged and does not come to who has subscribed: is it a destination to which clients may both send and subscribe? Another one is named with --destination.',
          fix === '' ? undefined : fix,
        );
  return stored === undefined
    ? fail(
        { asked, answered },
        'The message is delivered and never acknowledged: senders will send it again.',
        'rtd doctor --only readyz',
      )
    : fail(
        { asked, answered },
        'The message is stored and not delivered to a subscriber of it.',
        'rtd doctor --only readyz,redis-pubsub',
      );
}

/** Sends it with a receipt and waits for that. @throws StompRefusal, WireError */
async function receipted(
  { wire }: Dialogue,
  { timeoutMillis, newName }: Surroundings,
  frame: Parameters<Dialogue['wire']['send']>[0],
): Promise<void> {
  const receipt = newName();
  wire.send({ ...frame, headers: [...frame.headers, ['receipt', receipt]] });
  for (;;) {
    const answer = await wire.next(timeoutMillis);
    refuse(answer);
    if (answer.command === 'RECEIPT' && answer.headers.get('receipt-id') === receipt) return;
  }
}

/** @throws StompRefusal for ERROR, and for what the server writes to its queue of errors. */
function refuse(frame: StompFrame): void {
  const isError = frame.command === 'ERROR' || frame.headers.get('subscription') === 'errors';
  if (isError) throw new StompRefusal(frame);
}

function textOf({ body }: StompFrame): string {
  return Buffer.from(body).toString('utf8');
}

function spanOf(millis: number | undefined): string {
  return millis === undefined ? 'did not come' : `after ${millis.toFixed(1)} ms`;
}

/** STOMP over a WebSocket: CONNECT, a subscription, a message there and back, a heart-beat, DISCONNECT. */
import { randomBytes } from 'node:crypto';
import { type OutgoingFrame, STOMP_VERSIONS, type StompVersion, serializeFrame } from '@rtd/protocol';
import { RawWebSocket } from '../wire/raw-web-socket.ts';
import { CLOSE, type WebSocketFrame } from '../wire/web-socket-frame.ts';
import { WireError } from '../wire/wire-error.ts';
import { closeWebSocket, openWebSocket } from './explain-ws.ts';
import { closeFields, frameFields } from './frame-fields.ts';
import { type ExplainOptions, hidden } from './open-connection.ts';
import type { Exchange, Step } from './step.ts';
import { stompFields } from './stomp-fields.ts';

export interface ExplainStompOptions extends ExplainOptions {
  /** Of CONNECT. */
  readonly connectHeaders: readonly (readonly [string, string])[];
  /** Where to subscribe, and where to send what comes there. */
  readonly topic: string;
  readonly destination: string;
  readonly body: string;
  /** Waits for a heart-beat of the server: up to ten seconds. */
  readonly heartBeat: boolean;
}

const HEART_BEAT_MILLIS = 12_000;
const SPEC = 'STOMP 1.2';

/** @throws WireError */
export async function* explainStomp(options: ExplainStompOptions): Exchange {
  const { timeoutMillis, secrets, connectHeaders, topic, destination, body } = options;
  const opened = yield* openWebSocket(options);
  if (opened === undefined) return;
  using socket = opened.socket;
  const webSocket = new RawWebSocket(socket);
  let version: StompVersion = '1.2';

  const sent = (title: string, note: string, clause: string, frame: OutgoingFrame): Step => {
    const bytes = webSocket.sendText(serializeFrame(frame, version));
    return { title, note, clause, direction: 'sent', fields: hidden(frameFields(bytes, stompFields), secrets) };
  };
  const received = (title: string, note: string, clause: string, frame: WebSocketFrame): Step => ({
    title,
    note,
    clause,
    direction: 'received',
    fields: hidden(frameFields(frame.bytes, frame.opcode === CLOSE ? closeFields : stompFields), secrets),
  });

  yield sent(
    'CONNECT',
    'Every STOMP frame is text: a command, headers, a blank line, a body, a NUL. Here each travels in a WebSocket frame of its own.',
    `${SPEC}, Connecting`,
    {
      command: 'CONNECT',
      headers: connectHeaders,
    },
  );
  const connected = await frameOf(webSocket, timeoutMillis);
  const command = commandOf(connected);
  yield received(
    command,
    command === 'CONNECTED' ? 'Let in.' : 'Not let in: "rtd doctor --only token,stomp" finds out why.',
    `${SPEC}, Connecting`,
    connected,
  );
  if (command !== 'CONNECTED') return;
  const agreed = /\nversion:(\S+)/.exec(connected.payload.toString('utf8'))?.[1];
  version = STOMP_VERSIONS.find((each) => each === agreed) ?? '1.0';

  yield sent(
    'SUBSCRIBE',
    'With a receipt, so that it is known when it holds: what is sent after it will come.',
    `${SPEC}, SUBSCRIBE`,
    {
      command: 'SUBSCRIBE',
      headers: [
        ['id', 'explain'],
        ['destination', topic],
        ['receipt', 'subscribed'],
      ],
    },
  );
  const subscribed = await frameOf(webSocket, timeoutMillis);
  yield received(commandOf(subscribed), 'It holds.', `${SPEC}, RECEIPT`, subscribed);
  if (commandOf(subscribed) === 'ERROR') return;

  yield sent('SEND', 'A message, to where it comes back from.', `${SPEC}, SEND`, {
    command: 'SEND',
    headers: [
      ['destination', destination],
      ['content-type', 'application/json'],
      ['receipt', 'sent'],
    ],
    body,
  });
  const wanted = new Set(['RECEIPT', 'MESSAGE']);
  while (wanted.size > 0) {
    const frame = await frameOf(webSocket, timeoutMillis);
    const name = commandOf(frame);
    if (name === 'HEART-BEAT') continue;
    if (name === 'RECEIPT')
      yield received(
        'RECEIPT',
        'The promise. From an RTD server: it is in the database, and no crash loses it. Without it: send again, with the same clientMessageId.',
        `${SPEC}, RECEIPT`,
        frame,
      );
    else if (name === 'MESSAGE')
      yield received(
        'MESSAGE',
        'And back, to everybody who has subscribed. It may come before the RECEIPT: they are two things.',
        `${SPEC}, MESSAGE`,
        frame,
      );
    else yield received(name, 'Refused.', `${SPEC}, ERROR`, frame);
    if (!wanted.delete(name)) return;
  }

  if (options.heartBeat) yield* explainHeartBeat(webSocket, received);

  yield sent('DISCONNECT', 'With a receipt: when it comes, everything before it has arrived.', `${SPEC}, DISCONNECT`, {
    command: 'DISCONNECT',
    headers: [['receipt', 'bye']],
  });
  const bye = await frameOf(webSocket, timeoutMillis);
  yield received(commandOf(bye), 'Everything has arrived. The server closes after it.', `${SPEC}, RECEIPT`, bye);
  const last = await webSocket.nextFrame(timeoutMillis).catch((error: unknown) => {
    if (error instanceof WireError) return undefined;
    throw error;
  });
  if (last === undefined) yield* closeWebSocket(webSocket, timeoutMillis);
  else yield received('Close', 'The WebSocket ends, and with it the connection.', 'RFC 6455, 5.5.1', last);
}

async function* explainHeartBeat(
  webSocket: RawWebSocket,
  received: (title: string, note: string, clause: string, frame: WebSocketFrame) => Step,
): Exchange {
  yield {
    waitingFor: `a heart-beat of the server, up to ${HEART_BEAT_MILLIS / 1_000} s (--no-heart-beat leaves it out)`,
  };
  const begun = performance.now();
  try {
    const frame = await webSocket.nextFrame(HEART_BEAT_MILLIS);
    if (frame === undefined) return;
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    yield received(
      'A heart-beat',
      `After ${seconds} s of silence. Who gets nothing for twice the agreed time takes the connection for dead. Browsers freeze tabs that are not seen: those stop sending theirs, and vanish.`,
      'STOMP 1.2, Heart-beating',
      frame,
    );
  } catch (error) {
    if (!(error instanceof WireError) || error.reason !== 'silent') throw error;
    yield {
      title: 'No heart-beat',
      clause: 'STOMP 1.2, Heart-beating',
      note: 'None came: "rtd doctor --only heart-beat" finds out why.',
      direction: undefined,
      fields: [],
    };
  }
}

/** What else a body may be told from: nobody has sent that name before. */
export function newName(): string {
  return randomBytes(6).toString('hex');
}

async function frameOf(webSocket: RawWebSocket, timeoutMillis: number): Promise<WebSocketFrame> {
  for (;;) {
    const frame = await webSocket.nextFrame(timeoutMillis);
    if (frame === undefined) throw new WireError('closed', 'the connection was closed');
    if (frame.opcode <= 2 || frame.opcode === CLOSE) return frame;
  }
}

function commandOf({ payload, opcode }: WebSocketFrame): string {
  if (opcode === CLOSE) return 'Close';
  const text = payload.toString('utf8');
  if (/^[\r\n]*$/.test(text)) return 'HEART-BEAT';
  return /^[A-Z]+/.exec(text)?.[0] ?? 'Something else';
}

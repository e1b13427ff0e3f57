/** A WebSocket from its first byte to its last: handshake, ping and pong, close. */
import { acceptOf, RawWebSocket, STOMP_PROTOCOLS, upgradeRequest } from '../wire/raw-web-socket.ts';
import { CLOSE, PONG } from '../wire/web-socket-frame.ts';
import { closeFields, echoFields, frameFields } from './frame-fields.ts';
import { requestFields } from './http-fields.ts';
import { answerStep, type ExplainOptions, headBytes, hidden, openConnection, statusOf } from './open-connection.ts';
import type { Exchange, Step } from './step.ts';

/** @throws WireError */
export async function* explainWs(options: ExplainOptions): Exchange {
  const { timeoutMillis } = options;
  const opened = yield* openWebSocket(options);
  if (opened === undefined) return;
  using socket = opened.socket;
  const webSocket = new RawWebSocket(socket);

  yield step(
    'Ping',
    'sent',
    'RFC 6455, 5.5.2',
    'Are you there? Each side may ask at any time, between frames of a message, too.',
    frameFields(webSocket.sendPing('rtd explain'), echoFields),
  );
  const pong = await webSocket.nextFrame(timeoutMillis);
  if (pong !== undefined) {
    const note =
      pong.opcode === PONG ? 'Yes. The payload is the same, and a server does not mask.' : 'Something else came first.';
    yield step('Pong', 'received', 'RFC 6455, 5.5.3', note, frameFields(pong.bytes, echoFields));
  }
  yield* closeWebSocket(webSocket, timeoutMillis);
}

/** The close, both ways. */
export async function* closeWebSocket(webSocket: RawWebSocket, timeoutMillis: number): Exchange {
  yield step(
    'Close',
    'sent',
    'RFC 6455, 5.5.1',
    'Done. After it nothing more may be sent.',
    frameFields(webSocket.sendClose(1000), closeFields),
  );
  let frame = await webSocket.nextFrame(timeoutMillis);
  while (frame !== undefined && frame.opcode !== CLOSE) frame = await webSocket.nextFrame(timeoutMillis);
  if (frame !== undefined) {
    yield step(
      'Close, answered',
      'received',
      'RFC 6455, 5.5.1',
      'The other side has seen it. Now the server ends the TCP connection, not the client: so the port waits (TIME-WAIT) there.',
      frameFields(frame.bytes, closeFields),
    );
  }
}

/** TCP, the request and its answer. Undefined when the answer is no: the steps say why. @throws WireError */
export async function* openWebSocket(
  options: ExplainOptions,
): AsyncGenerator<Step, { readonly socket: Awaited<ReturnType<typeof openConnection>>['socket'] } | undefined> {
  const { target, timeoutMillis, token, secrets } = options;
  const { socket, steps } = await openConnection(options);
  yield* steps;
  const request = upgradeRequest(target, {
    protocols: STOMP_PROTOCOLS,
    authorization: token === undefined ? undefined : `Bearer ${token}`,
  });
  socket.write(request.text);
  yield step(
    'HTTP: a request to become a WebSocket',
    'sent',
    'RFC 6455, 4.1',
    'It begins as HTTP, so that it passes the same ports and proxies as web pages.',
    hidden(requestFields(Buffer.from(request.text)), secrets),
  );
  const head = await headBytes(socket, timeoutMillis);
  const status = statusOf(head);
  const key = request.headers.find(([name]) => name === 'Sec-WebSocket-Key')?.[1] ?? '';
  const isRight = head.toString('latin1').includes(acceptOf(key));
  const note =
    status !== 101
      ? 'The answer is no. "rtd doctor --only ws" finds out who said it, and why.'
      : isRight
        ? `Sec-WebSocket-Accept is base64(SHA-1("${key}" + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")), as it must be. From the next byte on nobody speaks HTTP any more.`
        : 'Sec-WebSocket-Accept is missing or wrong: browsers end it here.';
  yield answerStep('HTTP: the answer', head, note, 'RFC 6455, 4.2.2');
  if (status === 101) return { socket };
  socket.close();
  return undefined;
}

function step(
  title: string,
  direction: 'sent' | 'received',
  clause: string,
  note: string,
  fields: Step['fields'],
): Step {
  return { title, direction, clause, note, fields };
}

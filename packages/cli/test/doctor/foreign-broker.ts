/**
 * A STOMP server that is none of ours, as small as the specification lets it be: no HTTP API, no SockJS, topics for all.
 * What it can leave out, or take amiss, is what RabbitMQ and Spring's simple broker were seen to.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { STOMP_VERSIONS, StompParser, serializeFrame } from '@rtd/protocol';
import { WebSocketServer } from 'ws';

const HEART_BEAT_MILLIS = 500;

export interface ForeignBroker extends AsyncDisposable {
  /** `ws://…/stomp` */
  readonly url: string;
  /** `stomp://…`: the same without a WebSocket. */
  readonly bareUrl: string;
  /** Headers of the CONNECT frames that came. */
  readonly connects: ReadonlyMap<string, string>[];
  /** Cookies of the handshakes that came. */
  readonly cookies: string[];
}

interface BrokerOptions {
  /** CONNECT must have those. */
  readonly login: string;
  readonly passcode: string;
  /** False: offers none. */
  readonly heartBeats?: boolean;
  /** False: answers no `receipt`, as Spring's simple broker. */
  readonly receipts?: boolean;
  /** The only `host` that it lets in, as RabbitMQ. */
  readonly virtualHost?: string;
}

/** The bytes of one connection. */
interface Line {
  send(bytes: Uint8Array | string): void;
  hangUp(): void;
  onEnd(end: () => void): void;
}

export async function foreignBroker(options: BrokerOptions): Promise<ForeignBroker> {
  const subscribers = new Map<string, Set<{ line: Line; id: string }>>();
  const connects: ReadonlyMap<string, string>[] = [];

  function talk(line: Line): (bytes: Uint8Array) => void {
    const reply = (command: string, headers: [string, string][], body = ''): void =>
      line.send(serializeFrame({ command, headers, body }, '1.2'));
    const refuse = (why: string): void => {
      reply('ERROR', [['message', 'Bad CONNECT']], why);
      line.hangUp();
    };
    const parser = new StompParser({
      role: 'server',
      onFrame: ({ command, headers, body }) => {
        const destination = headers.get('destination') ?? '';
        if (command === 'CONNECT') {
          connects.push(headers);
          const host = headers.get('host');
          if (options.virtualHost !== undefined && host !== options.virtualHost) {
            refuse(`Virtual host '${host}' access denied`);
            return;
          }
          if (headers.get('login') !== options.login || headers.get('passcode') !== options.passcode) {
            refuse('Access refused');
            return;
          }
          parser.version = STOMP_VERSIONS[0] ?? '1.2';
          reply('CONNECTED', [
            ['version', '1.2'],
            ['server', 'Foreign/1.0'],
            ['heart-beat', options.heartBeats === false ? '0,0' : `${HEART_BEAT_MILLIS},0`],
          ]);
          if (options.heartBeats !== false) {
            const timer = setInterval(() => line.send('\n'), HEART_BEAT_MILLIS);
            line.onEnd(() => clearInterval(timer));
          }
        }
        if (command === 'SUBSCRIBE') {
          const known = subscribers.get(destination) ?? new Set();
          const subscriber = { line, id: headers.get('id') ?? '' };
          subscribers.set(destination, known.add(subscriber));
          line.onEnd(() => known.delete(subscriber));
        }
        if (command === 'SEND') {
          for (const { line: to, id } of subscribers.get(destination) ?? []) {
            const about: [string, string][] = [
              ['destination', destination],
              ['subscription', id],
              ['message-id', randomUUID()],
            ];
            to.send(serializeFrame({ command: 'MESSAGE', headers: about, body }, '1.2'));
          }
        }
        const receipt = headers.get('receipt');
        if (receipt !== undefined && options.receipts !== false) reply('RECEIPT', [['receipt-id', receipt]]);
      },
    });
    return (bytes) => parser.push(bytes);
  }

  const http = createServer((_request, response) => response.writeHead(404).end('Not Found'));
  const webSockets = new WebSocketServer({ server: http, path: '/stomp', handleProtocols: () => 'v12.stomp' });
  const cookies: string[] = [];
  webSockets.on('connection', (socket, request: IncomingMessage) => {
    if (request.headers.cookie !== undefined) cookies.push(request.headers.cookie);
    const take = talk({
      send: (bytes) => socket.send(Buffer.from(bytes).toString()),
      hangUp: () => socket.close(),
      onEnd: (end) => socket.once('close', end),
    });
    socket.on('message', (data) => take(Buffer.from(String(data))));
  });
  const sockets = new Set<Socket>();
  const bare = createTcpServer((socket) => {
    sockets.add(socket);
    const take = talk({
      send: (bytes) => void socket.write(bytes),
      hangUp: () => socket.end(),
      onEnd: (end) => socket.once('close', end),
    });
    socket.on('data', take);
    socket.on('error', () => {});
  });
  await Promise.all([once(http.listen(0, '127.0.0.1'), 'listening'), once(bare.listen(0, '127.0.0.1'), 'listening')]);
  return {
    url: `ws://127.0.0.1:${portOf(http.address())}/stomp`,
    bareUrl: `stomp://127.0.0.1:${portOf(bare.address())}`,
    connects,
    cookies,
    [Symbol.asyncDispose]: async () => {
      for (const client of webSockets.clients) client.terminate();
      for (const socket of sockets) socket.destroy();
      http.closeAllConnections();
      bare.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

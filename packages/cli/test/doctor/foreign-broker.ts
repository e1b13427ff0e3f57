/** A STOMP server that is none of ours, as small as the specification lets it be: no HTTP API, no SockJS, topics for all. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { STOMP_VERSIONS, StompParser, serializeFrame } from '@rtd/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

const HEART_BEAT_MILLIS = 500;

export interface ForeignBroker extends AsyncDisposable {
  readonly url: string;
  /** Headers of the CONNECT frames that came. */
  readonly connects: ReadonlyMap<string, string>[];
}

/** `login` and `passcode` must be those; `heartBeats: false` offers none. */
export async function foreignBroker(options: {
  login: string;
  passcode: string;
  heartBeats?: boolean;
}): Promise<ForeignBroker> {
  const http = createServer((_request, response) => response.writeHead(404).end('Not Found'));
  const webSockets = new WebSocketServer({ server: http, path: '/stomp', handleProtocols: () => 'v12.stomp' });
  const subscribers = new Map<string, Set<{ socket: WebSocket; id: string }>>();
  const connects: ReadonlyMap<string, string>[] = [];
  webSockets.on('connection', (socket) => {
    const reply = (command: string, headers: [string, string][], body = ''): void => {
      socket.send(Buffer.from(serializeFrame({ command, headers, body }, '1.2')).toString());
    };
    const parser = new StompParser({
      role: 'server',
      onFrame: ({ command, headers, body }) => {
        const destination = headers.get('destination') ?? '';
        if (command === 'CONNECT') {
          connects.push(headers);
          if (headers.get('login') !== options.login || headers.get('passcode') !== options.passcode) {
            reply('ERROR', [['message', 'Bad CONNECT']], 'Access refused');
            socket.close();
            return;
          }
          parser.version = STOMP_VERSIONS[0] ?? '1.2';
          reply('CONNECTED', [
            ['version', '1.2'],
            ['server', 'Foreign/1.0'],
            ['heart-beat', options.heartBeats === false ? '0,0' : `${HEART_BEAT_MILLIS},0`],
          ]);
          if (options.heartBeats !== false) {
            const timer = setInterval(() => socket.send('\n'), HEART_BEAT_MILLIS);
            socket.once('close', () => clearInterval(timer));
          }
        }
        if (command === 'SUBSCRIBE') {
          const known = subscribers.get(destination) ?? new Set();
          subscribers.set(destination, known.add({ socket, id: headers.get('id') ?? '' }));
        }
        if (command === 'SEND') {
          for (const { socket: to, id } of subscribers.get(destination) ?? []) {
            const about: [string, string][] = [
              ['destination', destination],
              ['subscription', id],
              ['message-id', randomUUID()],
            ];
            to.send(Buffer.from(serializeFrame({ command: 'MESSAGE', headers: about, body }, '1.2')).toString());
          }
        }
        const receipt = headers.get('receipt');
        if (receipt !== undefined) reply('RECEIPT', [['receipt-id', receipt]]);
      },
    });
    socket.on('message', (data) => parser.push(Buffer.from(String(data))));
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const address = http.address();
  return {
    url: `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/stomp`,
    connects,
    [Symbol.asyncDispose]: async () => {
      for (const client of webSockets.clients) client.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Very many WebSockets that all get the same messages: through our topic, through `ws` or Socket.IO, and through bare sockets. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Socket } from 'node:net';
import { limitsWith, serializeFrame } from '@rtd/protocol';
import { WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../packages/server/src/clock.ts';
import { createTopic } from '../../packages/server/src/fan-out/fan-out-topic.ts';
import type { StompGateway } from '../../packages/server/src/gateway/stomp/stomp-gateway.ts';
import type { StompTransport } from '../../packages/server/src/gateway/stomp/stomp-transport.ts';
import { createWebSocketUpgrade } from '../../packages/server/src/gateway/websocket/websocket-upgrade.ts';
import { silentLog } from '../../packages/server/src/telemetry/log.ts';
import type { StampedFrames } from '../harness/sink.ts';
import { STAMP_DIGITS, stamp } from '../harness/stamp.ts';
import { TO_WEBSOCKET, WEBSOCKET_HEAD } from '../harness/stomp-steps.ts';
import { queuedBy, socketIoOn, TO_SOCKET_IO } from '../rivals/socket-io.ts';

/** Octets of a message's body. */
export const BODY_BYTES = 200;

export const KINDS = ['ours', 'ws', 'socket.io', 'bare'] as const;
export type Kind = (typeof KINDS)[number];

export interface Subscribers extends AsyncDisposable {
  readonly port: number;
  /** What a client sends to become one, and what each step waits for. */
  readonly steps: typeof TO_WEBSOCKET | typeof TO_SOCKET_IO;
  /** A message on the wire. */
  readonly frames: StampedFrames;
  /** One message to everybody. */
  publish(): void;
  /** Resolves once the kernel has all that was published. */
  drained(): Promise<void>;
  /** Bytes that wait in this process for the client that is furthest behind. */
  mostQueued(): number;
}

/** Made of the moment, so never twice the same. */
function messageFrame(): Uint8Array {
  const body = `{"sent":"${stamp()}","content":"`.padEnd(BODY_BYTES - 2, 'x').concat('"}');
  return serializeFrame(
    {
      command: 'MESSAGE',
      headers: [
        ['subscription', 'sub-0'],
        ['message-id', '01900000-0000-7000-8000-000000000000'],
        ['destination', '/topic/messages'],
        ['content-type', 'application/json'],
      ],
      body,
    },
    '1.2',
  );
}

function framesAfter(headBytes: number): StampedFrames {
  const message = Buffer.from(messageFrame());
  const stampAt = message.indexOf('"sent":"') + '"sent":"'.length;
  if (message.length < stampAt + STAMP_DIGITS) throw new Error('a message has no room for its stamp');
  return { frameBytes: headBytes + message.length, stampAt: headBytes + stampAt };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function drain<Client>(clients: Iterable<Client>, queuedOf: (client: Client) => number): Promise<void> {
  for (const client of clients) while (queuedOf(client) > 0) await nextTurn();
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

export function startSubscribers(kind: Kind): Promise<Subscribers> {
  switch (kind) {
    case 'ours':
      return startOurs();
    case 'ws':
      return startWs();
    case 'socket.io':
      return startSocketIo();
    case 'bare':
      return startBare();
  }
}

/** Never asked: transports are accepted here, without sessions. */
const NO_GATEWAY: StompGateway = {
  connections: 0,
  users: 0,
  waitingClients: () => [],
  accept: () => {
    throw new Error('no session is begun here');
  },
  closeUser: () => {},
  drain: async () => {},
};

/** Our topic over our WebSockets: bytes are made once, and a socket gets one write a turn. */
async function startOurs(): Promise<Subscribers> {
  const limits = limitsWith({ SEND_SECONDS: 0 });
  const topic = createTopic<Uint8Array>({ overflow: { kind: 'drop' }, budgetBytes: limits.SEND_BUFFER_BYTES });
  const upgrade = createWebSocketUpgrade({ gateway: NO_GATEWAY, limits, clock: systemClock, log: silentLog() });
  const transports = new Set<StompTransport>();
  let published = 0;
  /** Messages that the client that is served last was given. */
  let handed = 0;
  let last: StompTransport | undefined;
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    upgrade.handleUpgrade(request, socket, head, (transport) => {
      transports.add(transport);
      last = transport;
      const subscription = topic.subscribe({
        outlet: transport,
        groupKey: transport.framing,
        encode: (entries) => {
          const [first] = entries;
          if (first !== undefined && entries.length === 1) return transport.frame(first);
          return Buffer.concat(entries.map((entry) => transport.frame(entry)));
        },
        handed: (entries) => {
          if (transport === last) handed += entries.length;
        },
      });
      return {
        received: () => {},
        closed: () => {
          transports.delete(transport);
          subscription.unsubscribe();
        },
      };
    });
  });
  return {
    port: await listen(server),
    steps: TO_WEBSOCKET,
    frames: framesAfter(WEBSOCKET_HEAD),
    publish() {
      topic.publish(messageFrame());
      published += 1;
    },
    async drained() {
      while (handed < published) await nextTurn();
      await drain(transports, (transport) => transport.queuedBytes);
    },
    mostQueued: () => Math.max(...Array.from(transports, (transport) => transport.queuedBytes)),
    async [Symbol.asyncDispose]() {
      await upgrade.close();
      server.close();
    },
  };
}

/** What everybody writes first. */
async function startWs(): Promise<Subscribers> {
  const server = createServer();
  const webSockets = new WebSocketServer({ server });
  return {
    port: await listen(server),
    steps: TO_WEBSOCKET,
    frames: framesAfter(WEBSOCKET_HEAD),
    publish() {
      const message = messageFrame();
      for (const client of webSockets.clients) {
        if (client.readyState === WebSocket.OPEN) client.send(message, { binary: false });
      }
    },
    drained: () => drain(webSockets.clients, (client) => client.bufferedAmount),
    mostQueued: () => Math.max(...Array.from(webSockets.clients, (client) => client.bufferedAmount)),
    async [Symbol.asyncDispose]() {
      for (const client of webSockets.clients) client.terminate();
      server.close();
    },
  };
}

/** `io.emit`, as its guide says it. */
async function startSocketIo(): Promise<Subscribers> {
  const server = createServer();
  const io = socketIoOn(server);
  const body = (): string => stamp().padEnd(BODY_BYTES, 'x');
  // Engine.IO's 4 is a message, Socket.IO's 2 an event.
  const beforeBody = '42["message","';
  const payloadBytes = beforeBody.length + BODY_BYTES + '"]'.length;
  return {
    port: await listen(server),
    steps: TO_SOCKET_IO,
    frames: { frameBytes: WEBSOCKET_HEAD + payloadBytes, stampAt: WEBSOCKET_HEAD + beforeBody.length },
    publish: () => io.emit('message', body()),
    drained: () => drain(io.sockets.sockets.values(), queuedBy),
    mostQueued: () => Math.max(...Array.from(io.sockets.sockets.values(), queuedBy)),
    [Symbol.asyncDispose]: () => io.close(),
  };
}

/** No protocol at all: the bytes of a message, written to one socket after the other. */
async function startBare(): Promise<Subscribers> {
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on('upgrade', (_request, socket) => {
    if (!(socket instanceof Socket)) return;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });
  return {
    port: await listen(server),
    steps: TO_WEBSOCKET,
    frames: framesAfter(0),
    publish() {
      const message = messageFrame();
      for (const socket of sockets) socket.write(message);
    },
    drained: () => drain(sockets, (socket) => socket.writableLength),
    mostQueued: () => Math.max(...Array.from(sockets, (socket) => socket.writableLength)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

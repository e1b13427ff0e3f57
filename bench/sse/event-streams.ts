/** Very many clients of an event stream: through our market room and SSE gateway, through a `res.write` a client, and through bare sockets. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limitsWith, ServerId, type Tick, TickerSymbol } from '@rtd/protocol';
import { createOpenAuthenticator } from '../../packages/server/src/auth/open-authenticator.ts';
import { systemClock } from '../../packages/server/src/clock.ts';
import { createTopic } from '../../packages/server/src/fan-out/fan-out-topic.ts';
import type { Outlet } from '../../packages/server/src/fan-out/outlet.ts';
import { createSseGateway } from '../../packages/server/src/gateway/sse/sse-stream.ts';
import { createMarketRoom } from '../../packages/server/src/market/create-market-room.ts';
import type { LoggedTick, TickLog } from '../../packages/server/src/market/tick-log.ts';
import { silentLog } from '../../packages/server/src/telemetry/log.ts';

/** As an EventSource asks. */
export const STREAM_REQUEST = 'GET /stream HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';
/** What a client has heard once it is about to get ticks. */
export const STREAM_BEGUN = 'event: snapshot';
/** An octet that each tick's event has once, and nothing around it has: the brace that opens its JSON. */
export const ONE_AN_EVENT = 0x7b;

export interface EventStreams {
  readonly port: number;
  /** So many ticks, within one turn, to every client. */
  publish(ticks: number): void;
  /** To be called once every client is there. */
  allConnected(): void;
  /** Resolves once the kernel was given all that was published. */
  handedOver(): Promise<void>;
  close(): Promise<void>;
}

const SYMBOLS = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'DOT', 'LTC', 'BNB'].map((symbol) => TickerSymbol.parse(symbol));
const FIRST_OFFSET = 1_000;

/** Partition 0 has them all. */
function* ticks(): Generator<LoggedTick, never> {
  for (let count = 0; ; count += 1) {
    const tick: Tick = {
      symbol: SYMBOLS[count % SYMBOLS.length] ?? TickerSymbol.parse('BTC'),
      price: Number((10_000 + (count % 1_000) * 0.1).toFixed(2)),
      change: 1.25,
      changePercent: 0.01,
      volume: 1.5,
      timestamp: new Date().toISOString(),
    };
    yield { partition: 0, offset: FIRST_OFFSET + count, tick };
  }
}

function eventOf({ offset, tick }: LoggedTick): string {
  return `event: market-tick\nid: 0:${offset},1:${FIRST_OFFSET - 1}\ndata: ${JSON.stringify(tick)}\n\n`;
}

/** The outlets of 1,000 clients are flushed in so many turns, and then some. */
const FLUSHING_TURNS = 4;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes everything at once. */
const NOWHERE: Outlet = {
  queuedBytes: 0,
  isOpen: true,
  write: () => {},
  onceDrained: (listener) => setImmediate(listener),
};

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

export type Kind = 'ours' | 'res.write' | 'bare';

export function startEventStreams(kind: Kind): Promise<EventStreams> {
  switch (kind) {
    case 'ours':
      return startOurs();
    case 'res.write':
      return startResWrite();
    case 'bare':
      return startBare();
  }
}

/** Everything behind the log: board, candles, ring, encoding, fan-out. The log itself hands over what it is told to. */
async function startOurs(): Promise<EventStreams> {
  let receive: (ticks: readonly LoggedTick[]) => void = () => {};
  const empty = { earliest: FIRST_OFFSET, next: FIRST_OFFSET };
  const tickLog: TickLog = {
    partitions: 2,
    append: async () => {},
    bounds: async () => [empty, empty],
    read: async (_partition, offset) => ({ kind: 'page', ticks: [], next: offset }),
    tail: async (_from, receiver) => {
      receive = receiver;
      return { close: () => {} };
    },
    check: async () => {},
    close: async () => {},
  };
  const limits = limitsWith({ SSE_PER_USER: 0, SEND_SECONDS: 0 });
  const log = silentLog();
  const market = await createMarketRoom({
    tickLog,
    clock: systemClock,
    newTopic: createTopic,
    log,
    budgetBytes: limits.SEND_BUFFER_BYTES,
  });
  const gateway = createSseGateway({
    market,
    authenticator: createOpenAuthenticator((count) => crypto.getRandomValues(new Uint8Array(count))),
    limits,
    clock: systemClock,
    log,
    serverId: ServerId.parse('bench'),
  });
  const server = createServer((request, response) => void gateway.handle(request, response));
  const source = ticks();
  let published = 0;
  let handed = 0;
  return {
    port: await listen(server),
    publish(count) {
      published += count;
      receive(Array.from({ length: count }, () => source.next().value));
    },
    allConnected() {
      const handOver = (entries: readonly unknown[]): void => {
        handed += entries.length;
      };
      const lastServed = { outlet: NOWHERE, groupKey: 'probe', encode: () => new Uint8Array(0), handed: handOver };
      market.subscribe(lastServed, undefined, 0);
    },
    async handedOver() {
      while (handed < published) await nextTurn();
      for (let turn = 0; turn < FLUSHING_TURNS; turn += 1) await nextTurn();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await market.close();
    },
  };
}

/** What everybody writes first. */
async function startResWrite(): Promise<EventStreams> {
  const clients = new Set<ServerResponse>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write('event: snapshot\ndata: []\n\n');
    clients.add(response);
    response.once('close', () => clients.delete(response));
  });
  const source = ticks();
  return {
    port: await listen(server),
    publish(count) {
      for (let event = 0; event < count; event += 1) {
        const text = eventOf(source.next().value);
        for (const client of clients) client.write(text);
      }
    },
    allConnected: () => {},
    handedOver: nextTurn,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The least that can be done: the events of a turn as one piece of bytes, written to one socket after the other. */
async function startBare(): Promise<EventStreams> {
  const sockets = new Set<Socket>();
  const server = createServer(({ socket }, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write('event: snapshot\ndata: []\n\n');
    sockets.add(socket);
    response.once('close', () => sockets.delete(socket));
  });
  const source = ticks();
  return {
    port: await listen(server),
    publish(count) {
      const events = Array.from({ length: count }, () => eventOf(source.next().value)).join('');
      const chunk = Buffer.from(`${Buffer.byteLength(events).toString(16)}\r\n${events}\r\n`);
      for (const socket of sockets) socket.write(chunk);
    },
    allConnected: () => {},
    handedOver: nextTurn,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

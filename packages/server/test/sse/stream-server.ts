/** A server that has only `/stream`, over a real tick log, and clients of it that can be held and cut. */
import { mkdtempSync, rmSync } from 'node:fs';
import http, { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import net, { type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type LimitName,
  type Limits,
  limitsWith,
  ServerId,
  SseDecoder,
  type SseEvent,
  Tick,
  TickerSymbol,
  type TickInput,
} from '@rtd/protocol';
import { expect } from 'vitest';
import { openSqliteTickLog, type SqliteTickLogOptions } from '../../src/adapters/sqlite/sqlite-tick-log.ts';
import type { Authenticator } from '../../src/auth/identity.ts';
import { createOpenAuthenticator } from '../../src/auth/open-authenticator.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createTopic } from '../../src/fan-out/fan-out-topic.ts';
import { createSseGateway, type SseGateway } from '../../src/gateway/sse/sse-stream.ts';
import { createMarketRoom } from '../../src/market/create-market-room.ts';
import type { MarketRoom } from '../../src/market/market-room.ts';
import type { TickLog } from '../../src/market/tick-log.ts';
import { silentLog } from '../../src/telemetry/log.ts';

export const SYMBOLS = ['BTC', 'ETH', 'SOL', 'AAPL', 'MSFT', 'GOOG', 'TSLA', 'NVDA'].map((name) =>
  TickerSymbol.parse(name),
);
/** Before the first tick of all: who resumes here is owed everything. */
export const BEGINNING = '0:-1,1:-1,2:-1';
export const WITHIN = { timeout: 10_000, interval: 2 };

export interface StreamServerOptions {
  readonly folder?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly limits?: Partial<Record<LimitName, number>> | undefined;
  readonly ringTicks?: number | undefined;
  readonly authenticator?: Authenticator | undefined;
  readonly addressOf?: ((request: IncomingMessage) => string) | undefined;
  readonly tickLog?: Partial<SqliteTickLogOptions> | undefined;
  /** Lets a test stand between the room and its log. */
  readonly wrapLog?: ((log: TickLog) => TickLog) | undefined;
  /** Headers that are on the response already when the gateway gets it. */
  readonly headers?: OutgoingHttpHeaders | undefined;
}

export interface StreamServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  readonly limits: Limits;
  readonly market: MarketRoom;
  readonly sse: SseGateway;
  readonly tickLog: TickLog;
  /** The server's ends of its connections. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'stream-'));
}

export async function startStreamServer(options: StreamServerOptions = {}): Promise<StreamServer> {
  const folder = options.folder ?? newFolder();
  const clock = options.clock ?? systemClock;
  const log = silentLog();
  const limits = limitsWith(options.limits);
  const stored = await openSqliteTickLog({ path: path.join(folder, 'ticks.db'), clock, log, ...options.tickLog });
  const tickLog = options.wrapLog?.(stored) ?? stored;
  const budgetBytes = limits.SEND_BUFFER_BYTES;
  const market = await createMarketRoom({
    tickLog,
    clock,
    newTopic: createTopic,
    log,
    budgetBytes,
    ringTicks: options.ringTicks,
  });
  const authenticator =
    options.authenticator ?? createOpenAuthenticator((count) => crypto.getRandomValues(new Uint8Array(count)));
  const { addressOf } = options;
  const sse = createSseGateway({
    market,
    authenticator,
    limits,
    clock,
    log,
    serverId: ServerId.parse('s1'),
    addressOf,
  });
  const sockets = new Set<Socket>();
  const server = http.createServer((request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value !== undefined) response.setHeader(name, value);
    }
    void sse.handle(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  return {
    port,
    url: `http://127.0.0.1:${port}/stream`,
    folder,
    limits,
    market,
    sse,
    tickLog,
    sockets,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await market.close();
      await stored.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ticks that their price tells from all others: the next `count` of `symbols` in turn. */
export class TickSource {
  #price = 0;

  next(count: number, symbols: readonly TickerSymbol[] = SYMBOLS): readonly TickInput[] {
    return Array.from({ length: count }, () => {
      this.#price += 1;
      return { symbol: symbols[this.#price % symbols.length] ?? TickerSymbol.parse('BTC'), price: this.#price };
    });
  }
}

export interface ReceivedTick {
  readonly id: string;
  readonly tick: Tick;
}

/** One connection to `/stream`, and the events that have come over it. */
export class StreamClient {
  readonly events: SseEvent[] = [];
  readonly comments: string[] = [];
  readonly ticks: ReceivedTick[] = [];
  retry: number | undefined;
  status: number | undefined;
  headers: http.IncomingHttpHeaders = {};
  /** Of an answer that is no stream. */
  body = '';
  closed = false;
  readonly #request: http.ClientRequest;
  #response: IncomingMessage | undefined;

  constructor(url: string, headers: OutgoingHttpHeaders = {}, held = false) {
    const decoder = new SseDecoder({
      onEvent: (event) => this.#take(event),
      onComment: (text) => this.comments.push(text),
      onRetry: (millis) => {
        this.retry = millis;
      },
      maxEventBytes: Number.POSITIVE_INFINITY,
    });
    this.#request = http.get(url, { headers, agent: false }, (response) => {
      this.#response = response;
      this.status = response.statusCode;
      this.headers = response.headers;
      response.on('data', (chunk: Buffer) => {
        if (response.statusCode === 200) decoder.push(chunk);
        else this.body += chunk.toString();
      });
      // Listening to data has begun the flow.
      if (held) response.pause();
      response.on('error', () => {});
    });
    this.#request.on('error', () => {});
    this.#request.on('close', () => {
      this.closed = true;
    });
  }

  get lastId(): string {
    return this.events.at(-1)?.id ?? '';
  }

  eventsOf(type: string): readonly SseEvent[] {
    return this.events.filter(({ event }) => event === type);
  }

  pricesOf(symbol: TickerSymbol): readonly number[] {
    return this.ticks.filter(({ tick }) => tick.symbol === symbol).map(({ tick }) => tick.price);
  }

  /** Reads again. */
  release(): void {
    this.#response?.resume();
  }

  cut(): void {
    this.#request.destroy();
  }

  /** Until the answer has begun, and with it, for a stream, `connected` has come. */
  async begun(): Promise<this> {
    await expect.poll(() => this.closed || (this.status ?? 200) !== 200 || this.events.length > 0, WITHIN).toBe(true);
    return this;
  }

  #take(event: SseEvent): void {
    this.events.push(event);
    if (event.event === 'market-tick') this.ticks.push({ id: event.id, tick: Tick.parse(JSON.parse(event.data)) });
  }
}

/** All that comes over a bare socket for `request`, until the other end closes or `until` is found. */
export function rawExchange(port: number, request: string, until?: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`nothing more came behind ${JSON.stringify(text)}`)));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until?.(text) === true) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

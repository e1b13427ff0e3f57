/**
 * `GET /stream`: market ticks as server-sent events, to the letter of the HTML standard and of the contract, sections 4 and
 * 9. A stream begins with `retry`, then `connected`; a fresh one goes on with `snapshot`, one that resumes with every tick it
 * missed, one whose place is unknown with `reset` and `snapshot`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  formatLogPosition,
  type Limits,
  type LogPosition,
  parseLogPosition,
  RtdError,
  type ServerId,
  type Tick,
  toRtdError,
} from '@rtd/protocol';
import type { Authenticator, Identity } from '../../auth/identity.ts';
import type { Clock } from '../../clock.ts';
import { LEAST_WAITING_BYTES, type WaitingClient } from '../../fan-out/slow-clients.ts';
import { SocketWriter } from '../../fan-out/socket-outlet.ts';
import type { MarketRoom, Resumption, SymbolFilter } from '../../market/market-room.ts';
import type { Log } from '../../telemetry/log.ts';
import { Admission } from './admission.ts';
import { EventStream, STREAM_HEADERS } from './event-stream.ts';
import { KeepAlive } from './keep-alive.ts';
import { encodeConnected, encodeReset, encodeSnapshot, type Framing } from './stream-encoding.ts';
import { parseStreamRequest, type StreamRequest } from './stream-request.ts';

export interface SseGatewayOptions {
  readonly market: MarketRoom;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly serverId: ServerId;
  /** The address that an anonymous client counts against; default: the socket's peer. */
  readonly addressOf?: ((request: IncomingMessage) => string) | undefined;
}

export interface SseGateway {
  /**
   * Serves `GET` and `HEAD /stream` on a raw request: the response is all its own from here on. Headers that were set on
   * the response before (CORS) go out with the others. Never rejects.
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  readonly connections: number;
  /** Bytes that wait for clients to take them. Asks every stream: for metrics. */
  readonly queuedBytes: number;
  /** Clients that do not take what is written to them. Asks every stream: for metrics. */
  waitingClients(): Iterable<WaitingClient>;
  /** Ends the streams of a user whose access was revoked. */
  disconnectUser(userId: string): void;
  /** Refuses new streams and ends the open ones, spread over a few seconds, so that clients reconnect elsewhere. Resolves when none is left. */
  drain(): Promise<void>;
}

const RESUME_RETRY_MILLIS = 1_000;
/** Streams end in this many steps, a tenth of a second apart. */
const DRAIN_STEPS = 30;
const DRAIN_STEP_MILLIS = 100;
/** How long the last bytes of the ended streams may take. */
const DRAIN_GRACE_MILLIS = 1_000;

export function createSseGateway(options: SseGatewayOptions): SseGateway {
  return new EventStreams(options);
}

class EventStreams implements SseGateway {
  readonly #options: SseGatewayOptions;
  readonly #admission: Admission;
  readonly #keepAlive: KeepAlive;
  readonly #writer: SocketWriter;
  readonly #streams = new Set<EventStream>();
  #lastSnapshot: { readonly key: string; readonly bytes: Uint8Array } | undefined;
  #draining: Promise<void> | undefined;

  constructor(options: SseGatewayOptions) {
    this.#options = options;
    this.#admission = new Admission(options.limits);
    this.#keepAlive = new KeepAlive(options.clock);
    this.#writer = new SocketWriter({ clock: options.clock, stallMillis: options.limits.SEND_SECONDS * 1_000 });
  }

  get connections(): number {
    return this.#streams.size;
  }

  get queuedBytes(): number {
    let bytes = 0;
    for (const { outlet } of this.#streams) bytes += outlet.queuedBytes;
    return bytes;
  }

  *waitingClients(): Generator<WaitingClient> {
    for (const { outlet, identity } of this.#streams) {
      const { queuedBytes } = outlet;
      if (queuedBytes >= LEAST_WAITING_BYTES) yield { transport: 'sse', user: identity.userId, queuedBytes };
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#serve(request, response);
    } catch (error) {
      const refusal = toRtdError(error);
      if (refusal.code === 'INTERNAL') this.#options.log.error({ error: String(error) }, 'an event stream failed');
      refuse(response, refusal, refusal.status);
    }
  }

  disconnectUser(userId: string): void {
    for (const stream of this.#streams) if (stream.identity.userId === userId) stream.end();
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      refuse(response, new RtdError('VALIDATION', `/stream answers GET and HEAD, not ${request.method}.`), 405);
      return;
    }
    const wanted = parseStreamRequest(request);
    const identity = await this.#options.authenticator.authenticate(wanted.credentials);
    if (request.method === 'HEAD') {
      response.writeHead(200, STREAM_HEADERS).end();
      return;
    }
    if (this.#draining !== undefined)
      throw unavailable('This server is going down; connect to another one, or again in a moment.');
    await this.#stream(request, response, wanted, identity);
  }

  async #stream(
    request: IncomingMessage,
    response: ServerResponse,
    wanted: StreamRequest,
    identity: Identity,
  ): Promise<void> {
    const { socket } = response;
    // The client has left, or waits on this connection for the answer to an earlier request.
    if (socket === null || socket.destroyed) throw unavailable('An event stream needs a connection of its own.');
    const leave = this.#admission.enter(identity, this.#options.addressOf?.(request) ?? socket.remoteAddress ?? '');
    const stream = new EventStream(response, socket, identity, this.#writer, this.#options.clock);
    const forget = this.#keepAlive.add(stream);
    this.#streams.add(stream);
    response.once('close', () => {
      this.#streams.delete(stream);
      forget();
      leave();
    });
    await this.#begin(stream, wanted);
  }

  async #begin(stream: EventStream, wanted: StreamRequest): Promise<void> {
    const { market } = this.#options;
    const { filter, conflateMillis } = wanted;
    const resumption = await this.#resumptionOf(stream, wanted);
    if (!stream.isOpen) return;
    const resumed = resumption?.kind === 'resumable';
    const { ticks, position } = market.snapshot(filter);
    const symbols = filter === undefined ? ticks.map(({ symbol }) => symbol) : [...filter];
    stream.outlet.write(encodeConnected({ serverId: this.#options.serverId, symbols, resumed }, stream.framing));
    if (resumed) {
      stream.follow(resumption.start(stream.subscriber));
      return;
    }
    if (resumption !== undefined) stream.outlet.write(encodeReset({ reason: resumption.reason }, stream.framing));
    stream.outlet.write(this.#snapshotBytes(ticks, position, filter, stream.framing));
    stream.follow(market.subscribe(stream.subscriber, filter, conflateMillis));
  }

  /** A whole board may be large, and very many may come in the same moment: they share the bytes. */
  #snapshotBytes(ticks: readonly Tick[], position: LogPosition, filter: SymbolFilter, framing: Framing): Uint8Array {
    if (filter !== undefined) return encodeSnapshot(ticks, position, framing);
    const key = `${framing} ${formatLogPosition(position)}`;
    if (this.#lastSnapshot?.key !== key) {
      this.#lastSnapshot = { key, bytes: encodeSnapshot(ticks, position, framing) };
    }
    return this.#lastSnapshot.bytes;
  }

  /**
   * Undefined for a client that comes for the first time. While the log does not answer the client is kept waiting on its
   * open stream: no price moves anywhere then, and a refusal would end an EventSource for good.
   */
  async #resumptionOf(stream: EventStream, wanted: StreamRequest): Promise<Resumption | undefined> {
    if (wanted.lastEventId === undefined) return undefined;
    const from = parseLogPosition(wanted.lastEventId);
    if (from === undefined) return { kind: 'reset', reason: 'The last event id is none of this stream.' };
    while (stream.isOpen) {
      try {
        return await this.#options.market.resume(from, wanted.filter, wanted.conflateMillis);
      } catch (error) {
        if (toRtdError(error).code !== 'UNAVAILABLE') throw error;
        await this.#pause(RESUME_RETRY_MILLIS);
      }
    }
    return undefined;
  }

  async #drain(): Promise<void> {
    const open = [...this.#streams];
    const step = Math.ceil(open.length / DRAIN_STEPS);
    while (open.length > 0) {
      for (const stream of open.splice(0, step)) stream.end();
      await this.#pause(DRAIN_STEP_MILLIS);
    }
    // Who reads has had the end of the stream by now; nobody is waited for who does not.
    if (this.#streams.size > 0) await this.#pause(DRAIN_GRACE_MILLIS);
    for (const stream of this.#streams) stream.destroy();
    this.#writer.close();
  }

  #pause(millis: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(millis, resolve));
  }
}

function unavailable(message: string): RtdError {
  return new RtdError('UNAVAILABLE', message, { retryAfterMillis: 1_000 });
}

function refuse(response: ServerResponse, error: RtdError, status: number): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = status;
  if (error.retryable) response.setHeader('retry-after', Math.ceil((error.retryAfterMillis ?? 1_000) / 1_000));
  if (error.code === 'UNAUTHENTICATED') response.setHeader('www-authenticate', 'Bearer');
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(JSON.stringify({ error: { code: error.code, message: error.message } }));
}

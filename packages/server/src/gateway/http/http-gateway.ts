/**
 * The door: one HTTP server for everything. In order, for each request and each upgrade:
 *
 *   Host and Origin (access-rules.ts)  ->  CORS  ->  SockJS  |  `/stream`  |  the HTTP API (api.ts)
 *   Host and Origin                    ->  WebSocket: STOMP, or SockJS around it; any other upgrade is served as plain HTTP
 *
 * Promises: nobody's bytes are read, and nothing is said, before the access rules have let the request in.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { RtdError, type UserId } from '@rtd/protocol';
import type { Identity } from '../../auth/identity.ts';
import type { Clock, Timer } from '../../clock.ts';
import type { SockjsGateway } from '../sockjs/sockjs-gateway.ts';
import { SockjsWebSocketTransport } from '../sockjs/sockjs-websocket-transport.ts';
import type { SseGateway } from '../sse/sse-stream.ts';
import type { AcceptTransport, WebSocketUpgrade } from '../websocket/websocket-upgrade.ts';
import type { AccessRules } from './access-rules.ts';
import { type ApiOptions, createApi } from './api.ts';
import { answerPreflight, setCorsHeaders } from './cors.ts';
import { listenOn } from './listen.ts';
import { serveWithoutUpgrade } from './plain-http-upgrade.ts';
import { errorReply, httpBytes, writeAndClose } from './reply.ts';
import { STOMP_BASES } from './routes/live-descriptions.ts';

/** Longer than the idle time of usual load balancers, so that it is they who end a connection, never in the middle of a request. */
const KEEP_ALIVE_MILLIS = 65_000;
/** Within which a whole request, body and all, must have come. */
const REQUEST_MILLIS = 60_000;
/** How often Node looks for requests that are late; its own 30 s would treble the time to CONNECT. */
const LATE_CHECK_MILLIS = 2_000;
/** A token that lasts longer than this outlives every request. */
const LONGEST_POLL_MILLIS = 60_000;
/** What answers are given at the end before their sockets are cut. */
const CLOSE_MILLIS = 2_000;

/** Requests that wait for their answer, long polls above all. Past it, new ones are told to come again. */
const MAX_UNANSWERED = 20_000;

export interface HttpGatewayOptions extends Omit<ApiOptions, 'serverFactory' | 'lifeOf'> {
  readonly access: AccessRules;
  readonly sockjs: SockjsGateway;
  readonly sse: Pick<SseGateway, 'handle'>;
  readonly websocket: Pick<WebSocketUpgrade, 'handleUpgrade'>;
  /** Begins a STOMP session, for what comes wrapped in SockJS. */
  readonly accept: AcceptTransport;
  readonly clock: Clock;
}

export interface HttpGateway {
  /** Resolves with the port. `attempts` > 1 goes on to the next ports while one is taken. @throws RtdError in one line that says what to do */
  listen(address: { host: string; port: number; attempts: number }): Promise<number>;
  /** Ends the long polls of a user, who is told `reason`. */
  endPolls(userId: UserId, reason: RtdError): void;
  /** Takes no new live connections, ends long polls, and keeps no connection open for a next request. */
  drain(): void;
  /** Cuts streams, answers what was asked, and closes. */
  close(): Promise<void>;
}

export async function createHttpGateway(options: HttpGatewayOptions): Promise<HttpGateway> {
  const { access, sockjs, sse, websocket, accept, clock, limits } = options;
  /** Requests under way, with whose they are once that is known. */
  const polls = new Map<AbortController, Identity | undefined>();
  /** Streams, which end only when somebody ends them. */
  const streams = new Set<ServerResponse>();
  const unanswered = new Set<ServerResponse>();
  const allAnswered = Promise.withResolvers<void>();
  let draining = false;
  let closing = false;

  function answer(request: IncomingMessage, response: ServerResponse, api: Answer): void {
    const refusal = access.refusalOf(request.headers);
    if (refusal !== undefined) {
      writeAndClose(response, errorReply(refusal));
      return;
    }
    setCorsHeaders(request, response);
    if (draining) response.setHeader('connection', 'close');
    const path = pathOf(request);
    if (draining && isNewSession(path)) {
      writeAndClose(response, errorReply(drainRefusal()));
      return;
    }
    if (sockjs.handleRequest(request, response)) {
      keep(response);
      return;
    }
    if (answerPreflight(request, response)) return;
    if (path === '/stream' && (request.method === 'GET' || request.method === 'HEAD')) {
      keep(response);
      void sse.handle(request, response);
      return;
    }
    if (unanswered.size >= MAX_UNANSWERED) {
      writeAndClose(
        response,
        errorReply(new RtdError('UNAVAILABLE', 'Too many requests wait for an answer; try again.')),
      );
      return;
    }
    unanswered.add(response);
    response.once('close', () => {
      unanswered.delete(response);
      if (closing && unanswered.size === 0) allAnswered.resolve();
    });
    api(request, response);
  }

  function keep(stream: ServerResponse): void {
    if (stream.closed) return;
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  }

  function upgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      serveWithoutUpgrade(server, request, socket, head);
      return;
    }
    socket.on('error', () => socket.destroy());
    const kind = stompEndpoint(pathOf(request));
    const refusal = access.refusalOf(request.headers) ?? (draining ? drainRefusal() : undefined) ?? noEndpoint(kind);
    if (refusal !== undefined) socket.end(httpBytes(errorReply(refusal)));
    else if (kind === 'plain') websocket.handleUpgrade(request, socket, head);
    else websocket.handleUpgrade(request, socket, head, acceptWrapped);
  }

  const acceptWrapped: AcceptTransport = (transport, headers) => {
    const wrapped = new SockjsWebSocketTransport(transport, clock);
    return wrapped.unwrapping(accept(wrapped, headers));
  };

  const app = createApi({
    ...options,
    lifeOf: (response) => {
      const poll = new AbortController();
      let expiry: Timer | undefined;
      polls.set(poll, undefined);
      response.once('close', () => {
        polls.delete(poll);
        expiry?.cancel();
        poll.abort();
      });
      if (draining) poll.abort();
      return {
        signal: poll.signal,
        identified: (identity) => {
          if (!polls.has(poll)) return;
          polls.set(poll, identity);
          const left = (identity.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
          if (left < LONGEST_POLL_MILLIS) expiry = clock.after(left, () => poll.abort(expired()));
        },
      };
    },
    serverFactory: (api) => {
      const server = createServer(
        {
          headersTimeout: millisOrNever(limits.CONNECT_SECONDS),
          requestTimeout: REQUEST_MILLIS,
          connectionsCheckingInterval: LATE_CHECK_MILLIS,
          keepAliveTimeout: KEEP_ALIVE_MILLIS,
        },
        (request, response) => answer(request, response, api),
      );
      server.on('upgrade', (request, socket, head) => upgrade(server, request, socket, head));
      return server;
    },
  });
  await app.ready();
  const server = app.server;

  function drain(): void {
    draining = true;
    for (const poll of polls.keys()) poll.abort();
    for (const response of unanswered) if (!response.headersSent) response.setHeader('connection', 'close');
    server.closeIdleConnections();
  }

  return {
    listen: (address) => listenOn(server, address),
    endPolls(userId, reason) {
      for (const [poll, identity] of polls) if (identity?.userId === userId) poll.abort(reason);
    },
    drain,
    async close() {
      drain();
      for (const stream of streams) stream.destroy();
      // Fastify did not open this door and so does not close it. Upgraded sockets are ended by their own gateway, later.
      server.close();
      closing = true;
      if (unanswered.size === 0) allAnswered.resolve();
      const patience = clock.after(CLOSE_MILLIS, allAnswered.resolve);
      await allAnswered.promise;
      patience.cancel();
      // What is still open has asked for nothing, or waited long enough.
      server.closeAllConnections();
      await app.close();
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Node takes 0 for no timeout. */
function millisOrNever(seconds: number): number {
  return seconds === Number.POSITIVE_INFINITY ? 0 : seconds * 1_000;
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '';
}

function expired(): RtdError {
  return new RtdError('UNAUTHENTICATED', 'The token has expired. Ask again with a newer one.');
}

function drainRefusal(): RtdError {
  return new RtdError('UNAVAILABLE', 'This server is about to stop; connect again, to another one.');
}

/** Where new clients begin. What they already have goes on until it is ended in its own way. */
function isNewSession(path: string): boolean {
  return path === '/stream' || STOMP_BASES.some((base) => path === base || path === `${base}/info`);
}

/** `sockjs`: STOMP in SockJS's frames. */
function stompEndpoint(path: string): 'plain' | 'sockjs' | undefined {
  const base = STOMP_BASES.find((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  if (base === undefined) return undefined;
  const rest = path.slice(base.length).replace(/\/$/, '');
  if (rest === '' || rest === '/websocket') return 'plain';
  return /^\/[^/.]+\/[^/.]+\/websocket$/.test(rest) ? 'sockjs' : undefined;
}

function noEndpoint(kind: 'plain' | 'sockjs' | undefined): RtdError | undefined {
  if (kind !== undefined) return undefined;
  return new RtdError('NOT_FOUND', `No WebSocket is at this path; ${STOMP_BASES.join(' and ')} speak STOMP.`);
}

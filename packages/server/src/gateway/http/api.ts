/**
 * The HTTP API: mounts the routes on fastify, which routes, reads bodies within their limits, and nothing else. Every
 * answer that is no success is `{error: {code, message}}`; what an internal error says stays in the log.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Limits, RtdError, toRtdError } from '@rtd/protocol';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify';
import type { Authenticator, Identity } from '../../auth/identity.ts';
import { userIdHeader } from '../../auth/user-id-header.ts';
import type { Log } from '../../telemetry/log.ts';
import { errorReply, httpBytes, type Reply } from './reply.ts';
import type { HttpMethod, RawCall, Route, RouteDescription } from './route.ts';

/** A name of 64 characters, each four bytes of UTF-8, percent-encoded. */
const MAX_PARAM_LENGTH = 64 * 4 * 3;

export interface RequestLife {
  /** Aborted when the client is gone or polls have to end; with an RtdError as its reason where that is the answer of a poll. */
  readonly signal: AbortSignal;
  /** Whose request it is was proven. */
  identified(identity: Identity): void;
}

export interface ApiOptions {
  readonly routes: readonly Route[];
  /** Paths that others serve; known here so that a wrong method on them is told as such. */
  readonly described: readonly RouteDescription[];
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly log: Log;
  /** What a request lives with, until its response has closed. */
  lifeOf(response: ServerResponse): RequestLife;
  /** Told of every answered request. `route` is the path with its parameters in braces. */
  observe(route: string, method: string, status: number, seconds: number): void;
  /** Gives the server that the API is spoken to through. */
  readonly serverFactory: FastifyServerFactory;
}

export function createApi(options: ApiOptions): FastifyInstance {
  const { routes, limits, log } = options;
  const app = fastify({
    bodyLimit: withinIntegers(limits.FRAME_BYTES),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    serverFactory: options.serverFactory,
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseBrokenHttp,
    // What fastify refuses before there is a route, and would answer in its own words.
    frameworkErrors: (thrown, _request, reply) => {
      send(reply, errorReply(refusalOf(thrown)));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  for (const route of routes) mount(app, route, options);

  app.setNotFoundHandler((request, reply) => send(reply, notFound(request, [...routes, ...options.described])));
  app.setErrorHandler((thrown, request, reply) => {
    const refusal = refusalOf(thrown);
    if (refusal.code === 'INTERNAL') {
      log.error({ err: thrown, method: request.method, route: request.routeOptions.url }, 'A request failed.');
    }
    return send(reply, errorReply(refusal));
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url === undefined ? 'other' : fromFastify(request.routeOptions.url);
    options.observe(route, request.method, reply.statusCode, reply.elapsedTime / 1_000);
    log.debug({ method: request.method, url: request.url, status: reply.statusCode }, 'Answered a request.');
  });
  return app;
}

function mount(app: FastifyInstance, route: Route, { authenticator, lifeOf }: ApiOptions): void {
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    ...(route.maxBodyBytes === undefined ? {} : { bodyLimit: route.maxBodyBytes }),
    handler: async (request, reply) => {
      const { signal, identified } = lifeOf(reply.raw);
      const raw: RawCall = {
        query: request.query,
        params: request.params,
        body: Buffer.isBuffer(request.body) ? request.body : undefined,
        signal,
        identify: async () => {
          const identity = await authenticator.authenticate({
            authorization: request.headers.authorization,
            userId: userIdHeader(request.headers['x-user-id']),
            login: undefined,
          });
          identified(identity);
          return identity;
        },
      };
      const answer = await route.run(raw);
      // What was done is told as done; what was only waited for, or read, is not given any more.
      if (route.method === 'GET' && signal.reason instanceof RtdError) throw signal.reason;
      return send(reply, answer);
    },
  });
}

/** Fastify wants an integer for a limit; a limit that was lifted is none. */
function withinIntegers(limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER);
}

function fromFastify(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}');
}

function send(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** Nothing is there, or something is, for other methods (405, with `Allow`). */
function notFound({ url, method }: FastifyRequest, known: readonly RouteDescription[]): Reply {
  const path = url.split('?', 1)[0] ?? '';
  const methods = new Set<HttpMethod>(known.filter((route) => fits(route.path, path)).map((route) => route.method));
  if (methods.size === 0) {
    return errorReply(new RtdError('NOT_FOUND', 'Nothing is at this path; /openapi.json lists what there is.'));
  }
  const allow = [...methods].join(', ');
  const reply = errorReply(new RtdError('NOT_FOUND', `${method} is not possible here; ${allow} is.`), 405);
  return { ...reply, headers: { ...reply.headers, allow } };
}

function fits(template: string, path: string): boolean {
  const given = path.split('/');
  const wanted = template.split('/');
  return given.length === wanted.length && wanted.every((part, at) => part.startsWith('{') || part === given[at]);
}

/** Fastify's own refusals carry a status and a text of its making; ours say what to do. */
function refusalOf(thrown: unknown): RtdError {
  if (thrown instanceof RtdError) return thrown;
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
  if (status === 413) return new RtdError('TOO_LARGE', 'The body is too large; send it in smaller parts.');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new RtdError(
      'VALIDATION',
      'The request cannot be read: its path, its headers or the length of its body do not fit.',
    );
  }
  return toRtdError(thrown);
}

/** What is no HTTP at all, or has headers without end, or never ends. There is no request to answer: the socket gets the bytes. */
function refuseBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(httpBytes(brokenHttpReply(error.code)));
}

function brokenHttpReply(code: string | undefined): Reply {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return errorReply(new RtdError('TOO_LARGE', 'The headers are too large.'), 431);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return errorReply(new RtdError('VALIDATION', 'The request did not come in time.'), 408);
    default:
      return errorReply(new RtdError('VALIDATION', 'This is no HTTP request.'), 400);
  }
}

/**
 * SockJS under every STOMP base path: the greeting, `/info`, the iframe page and the HTTP transports, all by the `sockjs`
 * library (0.3.24). Its two WebSocket forms never reach the library: they go through our own WebSocket path.
 *
 * Promises: a session of STOMP is the same on each transport; of a body over the limit no more than that is ever kept.
 */
import { type IncomingHttpHeaders, type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { Limits } from '@rtd/protocol';
import sockjs, { type Connection } from 'sockjs';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AddressOf } from '../http/client-address.ts';
import type { StompTransport, StompTransportEvents } from '../stomp/stomp-transport.ts';
import { SockjsHttpTransport } from './sockjs-http-transport.ts';

/** A STOMP frame in a JSON string may take twice its bytes, and an array around it a few more. */
const JSON_FACTOR = 2;
const JSON_EXTRA_BYTES = 8_192;

export interface SockjsGateway {
  /** True when the request was SockJS's and is being answered. Call it before anything reads the body. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
}

/** `bases` are paths such as `/ws`; `accept` begins a STOMP session on a transport. */
export function createSockjsGateway(options: {
  bases: readonly string[];
  accept(transport: StompTransport, headers: IncomingHttpHeaders): StompTransportEvents;
  limits: Limits;
  clock: Clock;
  log: Log;
  /** Whose request it is; default: the socket's peer's. */
  addressOf?: AddressOf | undefined;
}): SockjsGateway {
  const { bases, accept, limits, clock, log, addressOf } = options;
  const maxBodyBytes = limits.FRAME_BYTES * JSON_FACTOR + JSON_EXTRA_BYTES;
  // The library hands over a connection without most headers of its request: they are kept until it does, within the turn.
  const opening = new Map<string, { readonly headers: IncomingHttpHeaders; readonly address: string | undefined }>();
  // Never listens: the library attaches itself to a server, and this one is only spoken to from here.
  const shadow = new Server();

  for (const prefix of bases) {
    const library = sockjs.createServer({
      prefix,
      log: (severity, message) => {
        if (severity === 'error') log.warn({ transport: 'sockjs' }, message);
      },
    });
    library.on('connection', (connection: Connection) => begin(connection));
    library.installHandlers(shadow);
  }

  function begin(connection: Connection): void {
    const { headers, address } = opening.get(connection.url) ?? { headers: {}, address: undefined };
    const transport = new SockjsHttpTransport(connection, clock, { maxPausedBytes: maxBodyBytes, address });
    transport.attach(accept(transport, headers));
  }

  return {
    handleRequest(request, response) {
      const url = request.url ?? '';
      const path = url.split('?', 1)[0] ?? '';
      const base = bases.find((prefix) => path === prefix || path.startsWith(`${prefix}/`));
      if (base === undefined) return false;
      if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
        response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' });
        response.end(`The request body is over ${maxBodyBytes} bytes.\n`);
        return true;
      }
      cutOverlongBody(request, maxBodyBytes);
      // The library does not know its own greeting with a query behind it, and would never answer.
      if (path === base || path === `${base}/`) request.url = path;
      opening.set(url, { headers: request.headers, address: addressOf?.(request) });
      setImmediate(() => opening.delete(url));
      shadow.emit('request', request, response);
      return true;
    },
  };
}

/** A body that does not say its length is held to the limit as it comes: the library would collect it for ever. */
function cutOverlongBody(request: IncomingMessage, maxBytes: number): void {
  const push = request.push.bind(request);
  let bytes = 0;
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (Buffer.isBuffer(chunk)) bytes += chunk.length;
    if (bytes <= maxBytes) return push(chunk, encoding);
    request.destroy();
    return false;
  };
}

/**
 * CORS (Fetch standard, 3.3) for origins that the access rules have accepted. There are no cookies, but clients that are
 * made to send some (EventSource `withCredentials`, SockJS) get no answer to read unless credentials are allowed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
  'access-control-allow-headers': 'Authorization, Content-Type, X-User-Id, Last-Event-ID, Cache-Control',
  'access-control-max-age': '600',
} as const;

/** Headers that stay on the response, whoever answers it. */
export function setCorsHeaders(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  // Also without an Origin, or a cache would give that answer to a page later.
  response.setHeader('vary', 'Origin');
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-credentials', 'true');
  response.setHeader('access-control-expose-headers', 'Retry-After');
}

/** Answers a preflight; false where the request is none. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
  const asks = request.headers['access-control-request-method'] !== undefined;
  if (request.method !== 'OPTIONS' || request.headers.origin === undefined || !asks) return false;
  response.writeHead(204, PREFLIGHT).end();
  return true;
}

/** What `/openapi.json` says of the paths that live on: their own gateways serve them, not the HTTP API. */
import { z } from 'zod';
import { noBody } from '../request-body.ts';
import { noParams, type RouteDescription } from '../route.ts';

const live = { area: 'live', method: 'GET', access: 'user', params: noParams, body: noBody } as const;

const anyQuery = z.object({});

const stomp = {
  ...live,
  query: anyQuery,
  summary: 'STOMP 1.0 to 1.2 over WebSocket, identity at CONNECT. SockJS with all its transports below this path.',
  answers: {
    101: { description: 'The WebSocket; subprotocols v12.stomp, v11.stomp, v10.stomp' },
    200: { description: 'Without an upgrade: the greeting of SockJS', mediaType: 'text/plain' },
  },
  errors: ['FORBIDDEN', 'UNAVAILABLE'],
  access: 'public',
} as const;

export const STOMP_BASES = ['/ws-endpoint', '/ws'] as const;

export const liveDescriptions: readonly RouteDescription[] = [
  ...STOMP_BASES.map((path) => ({ ...stomp, path })),
  {
    ...live,
    path: '/stream',
    summary: 'Server-sent events: connected, snapshot, market-tick, reset. Last-Event-ID resumes, on any server.',
    query: z.object({
      symbols: z.string().optional().describe('Symbols with commas between them; left out: all'),
      conflate: z.int().min(0).optional().describe('Milliseconds in which a symbol has one tick at most, the newest'),
      lastEventId: z.string().optional().describe('As Last-Event-ID, for clients that cannot set headers'),
      access_token: z.string().optional().describe('The token, for clients that cannot set headers'),
    }),
    answers: { 200: { description: 'The stream', mediaType: 'text/event-stream' } },
    errors: ['VALIDATION', 'UNAUTHENTICATED', 'FORBIDDEN', 'UNAVAILABLE', 'RATE_LIMITED'],
  },
];

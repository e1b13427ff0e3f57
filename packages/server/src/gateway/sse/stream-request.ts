/** What `GET /stream` asks for, out of its query and headers; anything that the contract does not name is refused. */
import type { IncomingMessage } from 'node:http';
import { parseOrRefuse, RtdError, TickerSymbol } from '@rtd/protocol';
import { z } from 'zod';
import type { Credentials } from '../../auth/identity.ts';
import { userIdHeader } from '../../auth/user-id-header.ts';
import type { SymbolFilter } from '../../market/market-room.ts';

/** What is asked for is kept as long as the stream is open. */
const MAX_SYMBOLS = 200;
const MAX_CONFLATE_MILLIS = 60_000;

export interface StreamRequest {
  readonly filter: SymbolFilter;
  /** 0: every tick. */
  readonly conflateMillis: number;
  /** As the client sent it; undefined where it comes for the first time. */
  readonly lastEventId: string | undefined;
  readonly credentials: Credentials;
}

const Query = z.strictObject({
  symbols: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(TickerSymbol).max(MAX_SYMBOLS, `must name at most ${MAX_SYMBOLS} symbols`))
    .optional(),
  conflate: z
    .string()
    .regex(/^\d{1,9}$/, 'must be whole milliseconds')
    .transform(Number)
    .refine((millis) => millis <= MAX_CONFLATE_MILLIS, `must be at most ${MAX_CONFLATE_MILLIS} (milliseconds)`)
    .optional(),
  lastEventId: z.string().optional(),
  access_token: z.string().optional(),
});

/** @throws RtdError VALIDATION for an unknown, repeated or unfit query parameter. */
export function parseStreamRequest(request: IncomingMessage): StreamRequest {
  const query = parseOrRefuse(Query, queryOf(request.url ?? ''), 'query');
  // An EventSource that reconnects keeps the URL it was made with, so that the header is the newer of the two.
  const lastEventId = oneOf(request.headers['last-event-id']) || query.lastEventId || undefined;
  const authorization = request.headers.authorization;
  return {
    filter: query.symbols === undefined ? undefined : new Set(query.symbols),
    conflateMillis: query.conflate ?? 0,
    lastEventId,
    credentials: {
      authorization: authorization ?? (query.access_token === undefined ? undefined : `Bearer ${query.access_token}`),
      userId: userIdHeader(request.headers['x-user-id']),
      login: undefined,
    },
  };
}

function queryOf(url: string): Record<string, string> {
  const start = url.indexOf('?');
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(start === -1 ? '' : url.slice(start + 1))) {
    if (found.has(name)) throw new RtdError('VALIDATION', `query.${name}: must not be given twice`);
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

function oneOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

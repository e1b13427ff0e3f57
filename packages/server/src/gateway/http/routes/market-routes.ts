/** Prices over plain HTTP. */
import {
  Candle,
  CandleInterval,
  formatLogPosition,
  type LogPosition,
  MarketPoll,
  parseLogPosition,
  Tick,
  TickerSymbol,
  TicksAccepted,
} from '@rtd/protocol';
import { z } from 'zod';
import type { MarketRoom } from '../../../market/market-room.ts';
import { json } from '../reply.ts';
import { noBody } from '../request-body.ts';
import { noParams, noQuery, type Route, userRoute, wholeNumber } from '../route.ts';
import { tickBody } from '../tick-body.ts';
import { pollSeconds } from './poll-seconds.ts';

const area = 'market';

const streamId = z.string().transform((id, context): LogPosition => {
  const position = parseLogPosition(id);
  if (position !== undefined) return position;
  context.addIssue({
    code: 'custom',
    message: `must be the id of an earlier answer, such as ${formatLogPosition([7])}`,
  });
  return z.NEVER;
});

export function marketRoutes(market: MarketRoom): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/market/snapshot',
      area,
      summary: 'The latest tick of every symbol.',
      params: noParams,
      query: noQuery,
      body: noBody,
      answers: { 200: { description: 'The ticks, by symbol', schema: Tick.array() } },
      errors: ['VALIDATION'],
      handle: () => json(200, market.snapshot().ticks),
    }),
    userRoute({
      method: 'GET',
      path: '/api/market/candles',
      area,
      summary: 'Candles of a symbol, oldest first, up to the one that is still open.',
      params: noParams,
      query: z.strictObject({
        symbol: TickerSymbol.describe('The symbol'),
        interval: CandleInterval.default('1m').describe('How long a candle is'),
        limit: wholeNumber(1, 1_000).default(100).describe('How many candles at most, the newest ones'),
      }),
      body: noBody,
      answers: { 200: { description: 'The candles; none for a symbol without ticks', schema: Candle.array() } },
      errors: ['VALIDATION'],
      handle: ({ query }) => json(200, market.candles(query.symbol, query.interval, query.limit)),
    }),
    userRoute({
      method: 'GET',
      path: '/api/market/poll',
      area,
      summary: 'Long poll: answers at once when there are ticks behind `after`, else waits for some.',
      params: noParams,
      query: z.strictObject({
        after: streamId.optional().describe('The id of the last answer or event; left out: the latest tick a symbol'),
        wait: pollSeconds,
      }),
      body: noBody,
      answers: { 200: { description: 'The ticks, and the id to ask on from', schema: MarketPoll } },
      errors: ['VALIDATION', 'UNAVAILABLE'],
      handle: async ({ query, signal }) =>
        json(200, await market.poll(query.after, undefined, query.wait * 1_000, signal)),
    }),
    userRoute({
      method: 'POST',
      path: '/api/market/ticks',
      area,
      summary: 'Puts ticks into the log: a JSON array, or NDJSON. All of them or none.',
      params: noParams,
      query: noQuery,
      body: tickBody,
      answers: { 202: { description: 'How many ticks the log has taken', schema: TicksAccepted } },
      errors: ['VALIDATION', 'TOO_LARGE', 'UNAVAILABLE'],
      handle: async ({ body }) => json(202, { accepted: await market.accept(body) }),
    }),
  ];
}

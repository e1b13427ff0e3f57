/** Market payloads, and the resume point of a stream (contract, sections 1, 3 and 4). */
import { z } from 'zod';
import { Timestamp } from './chat.ts';
import { ServerId, TickerSymbol } from './ids.ts';

/** A price at a moment. `change` and `changePercent` are since the session's open (00:00 UTC). */
export const Tick = z.object({
  symbol: TickerSymbol,
  price: z.number().positive(),
  change: z.number(),
  changePercent: z.number(),
  volume: z.number().nonnegative(),
  timestamp: Timestamp,
});
export type Tick = z.infer<typeof Tick>;

/** What `POST /api/market/ticks` takes: what is left out, the server fills in from its board and clock. */
export const TickInput = z.object({
  symbol: TickerSymbol,
  price: z.number().positive(),
  change: z.number().optional(),
  changePercent: z.number().optional(),
  volume: z.number().nonnegative().optional(),
  timestamp: z.iso.datetime({ offset: true }).optional(),
});
export type TickInput = z.infer<typeof TickInput>;

/** Answer of `POST /api/market/ticks`. */
export const TicksAccepted = z.object({ accepted: z.int() });
export type TicksAccepted = z.infer<typeof TicksAccepted>;

export const CandleInterval = z.enum(['1s', '1m', '5m', '1h']);
export type CandleInterval = z.infer<typeof CandleInterval>;

/** A candle's length in milliseconds. */
export const CANDLE_MILLIS: Readonly<Record<CandleInterval, number>> = {
  '1s': 1_000,
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
};

/** `t` is the start of the interval in epoch milliseconds. */
export const Candle = z.object({
  t: z.int(),
  o: z.number(),
  h: z.number(),
  l: z.number(),
  c: z.number(),
  v: z.number(),
});
export type Candle = z.infer<typeof Candle>;

/** Answer of the market long poll; `id` is an SSE id and resumes there too. */
export const MarketPoll = z.object({ ticks: z.array(Tick), id: z.string() });
export type MarketPoll = z.infer<typeof MarketPoll>;

/** Data of SSE event `connected`. */
export const StreamConnected = z.object({
  serverId: ServerId,
  symbols: z.array(TickerSymbol),
  resumed: z.boolean(),
});
export type StreamConnected = z.infer<typeof StreamConnected>;

/** Data of SSE event `reset`: the resume point was unknown or too old; a `snapshot` follows. */
export const StreamReset = z.object({ reason: z.string() });
export type StreamReset = z.infer<typeof StreamReset>;

/**
 * A place in the tick log: for each partition (the index) the offset of the last tick that was seen; -1 where none was.
 */
export type LogPosition = readonly number[];

/** `[1041, 998]` -> `0:1041,1:998`. */
export function formatLogPosition(position: LogPosition): string {
  return position.map((offset, partition) => `${partition}:${offset}`).join(',');
}

/** The inverse; undefined for anything that {@link formatLogPosition} does not write. */
export function parseLogPosition(id: string): LogPosition | undefined {
  if (id.length > 1_024) return undefined;
  const offsets: number[] = [];
  for (const entry of id.split(',')) {
    const match = /^\d{1,4}:(-1|\d{1,15})$/.exec(entry);
    if (match === null) return undefined;
    offsets.push(Number(match[1]));
  }
  return formatLogPosition(offsets) === id ? offsets : undefined;
}

import type { Clock } from '../clock.ts';
import type { OverflowPolicy } from '../fan-out/subscriber.ts';
import type { Topic } from '../fan-out/topic.ts';
import type { Log } from '../telemetry/log.ts';
import type { MarketRoom, PlacedTick } from './market-room.ts';
import type { TickLog } from './tick-log.ts';

/** Makes a topic; `createTopic` of fan-out fits. */
export type NewTickTopic = (options: {
  overflow: OverflowPolicy<PlacedTick>;
  budgetBytes: number;
}) => Topic<PlacedTick>;

export interface MarketRoomOptions {
  /** Read and written by the room, closed by who opened it. */
  readonly tickLog: TickLog;
  readonly clock: Clock;
  readonly newTopic: NewTickTopic;
  readonly log: Log;
  /** `SEND_BUFFER_BYTES`: a subscriber with more than this unsent is conflated. */
  readonly budgetBytes: number;
  /** How many different symbols there may be; default 10,000. */
  readonly maxSymbols?: number | undefined;
  /** How many of the newest ticks are at hand to resume from without asking the log; default 50,000. */
  readonly ringTicks?: number | undefined;
}

/** Rebuilds board and candles from the log, follows it, and resolves once it is live. @throws RtdError UNAVAILABLE when the log does not answer. */
export function createMarketRoom(_options: MarketRoomOptions): Promise<MarketRoom & { close(): Promise<void> }> {
  return Promise.reject(new Error('not yet'));
}

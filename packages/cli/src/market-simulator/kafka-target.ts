/** Ticks straight into Kafka, past every server: they all follow the topic. */
import type { HttpApi } from '@rtd/client';
import { RtdError, type Tick, type TickInput } from '@rtd/protocol';
import { silentLog, systemClock } from '@rtd/server';
import { openKafkaTickLog } from '@rtd/server/kafka-tick-log';
import { Failure } from '../failure.ts';

/** What a feed needs of whoever takes its ticks; a server is one, too. */
export interface TickTarget extends Pick<HttpApi, 'postTicks' | 'snapshot'>, AsyncDisposable {}

/** As many of the newest ticks of a partition are looked through for where the prices stand. */
const LOOK_BACK_TICKS = 2_000;
const DAY_MILLIS = 86_400_000;

/** `brokers`: `host:port` each. @throws Failure when none answers */
export async function openKafkaTarget(brokers: readonly string[]): Promise<TickTarget> {
  const address = { brokers, clientId: 'rtd-simulate', clock: systemClock, log: silentLog() };
  const tickLog = await openKafkaTickLog(address).catch((error: unknown) => {
    if (!(error instanceof RtdError)) throw error;
    throw new Failure(
      `Kafka does not answer at ${brokers.join(', ')}: start it ("rtd up --only kafka"), or correct --brokers.`,
      { cause: error },
    );
  });
  const opens = new Map<string, { readonly day: number; readonly price: number }>();
  const completed = (input: TickInput): Tick => {
    const timestamp = new Date(input.timestamp ?? systemClock.now()).toISOString();
    const day = Math.floor(Date.parse(timestamp) / DAY_MILLIS);
    const known = opens.get(input.symbol);
    const open = known?.day === day ? known.price : input.price - (input.change ?? 0);
    if (known?.day !== day) opens.set(input.symbol, { day, price: open });
    const change = input.change ?? input.price - open;
    return {
      symbol: input.symbol,
      price: input.price,
      change,
      changePercent: input.changePercent ?? (open > 0 ? (100 * change) / open : 0),
      volume: input.volume ?? 0,
      timestamp,
    };
  };
  return {
    postTicks: async (ticks) => {
      await tickLog.append(ticks.map(completed));
      return ticks.length;
    },
    snapshot: async () => {
      const newest = new Map<string, Tick>();
      for (const [partition, { earliest, next }] of (await tickLog.bounds()).entries()) {
        const page = await tickLog.read(partition, Math.max(earliest, next - LOOK_BACK_TICKS), LOOK_BACK_TICKS);
        if (page.kind === 'page') for (const { tick } of page.ticks) newest.set(tick.symbol, tick);
      }
      return [...newest.values()];
    },
    [Symbol.asyncDispose]: () => tickLog.close(),
  };
}

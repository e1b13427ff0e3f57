/** What a load test gives: one JSON document, with its schema, so that a later run can be compared with it. */
import { z } from 'zod';
import { clientWasBottleneck } from './client-meter.ts';
import type { Histogram } from './histogram.ts';
import type { LoadRun, RunEnd } from './load-run.ts';

export const BENCH_MODES = ['fanout', 'send', 'idle', 'sse', 'storm'] as const;
export type BenchMode = (typeof BENCH_MODES)[number];

/** Milliseconds; null where nothing of the kind was measured. */
const Latency = z
  .object({
    count: z.number(),
    min: z.number(),
    mean: z.number(),
    p50: z.number(),
    p90: z.number(),
    p99: z.number(),
    p999: z.number(),
    max: z.number(),
  })
  .nullable();
export type Latency = z.infer<typeof Latency>;

export const BenchResult = z.object({
  schema: z.literal('rtd-bench/1'),
  mode: z.enum(BENCH_MODES),
  url: z.string(),
  startedAt: z.string(),
  /** When what rates are counted over began, as ISO time; null where it never did, and in results of earlier versions. */
  measuredFrom: z.string().nullable().default(null),
  /** True where somebody ended it early. */
  interrupted: z.boolean(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** What rates are counted over. */
  seconds: z.number(),
  connections: z.object({
    asked: z.number(),
    open: z.number(),
    failed: z.number(),
    lost: z.number(),
    silent: z.number(),
    heartBeats: z.number(),
  }),
  messages: z.object({
    sent: z.number(),
    sentPerSecond: z.number(),
    acknowledged: z.number(),
    acknowledgedPerSecond: z.number(),
    refused: z.number(),
    deliveries: z.number(),
    deliveriesPerSecond: z.number(),
    /** Messages or events that were not of this run. */
    strangers: z.number(),
    megabytesPerSecond: z.number(),
  }),
  latency: z.object({
    connect: Latency,
    receipt: Latency,
    delivery: Latency,
    recovery: Latency,
    lateness: Latency,
  }),
  /** Null where it was not asked for. */
  verify: z
    .object({
      acknowledged: z.number(),
      unacknowledged: z.number(),
      clients: z.number(),
      lost: z.number(),
      missingUnacknowledged: z.number(),
      repeated: z.number(),
      reordered: z.number(),
      clientsWithLoss: z.number(),
      messagesWithLoss: z.number(),
      clientFaults: z
        .array(z.object({ client: z.number(), lost: z.number(), repeated: z.number(), reordered: z.number() }))
        .readonly(),
      examples: z.array(z.string()).readonly(),
    })
    .nullable(),
  client: z.object({
    cpu: z.number(),
    loopUtilization: z.number(),
    loopDelayP99: z.number(),
    loopDelayMax: z.number(),
    memoryMegabytes: z.number(),
    /** Why the numbers say more about the client than about the server; empty when they do not. */
    bottleneck: z.array(z.string()).readonly(),
  }),
  reasons: z.array(z.object({ reason: z.string(), count: z.number() })).readonly(),
  notes: z.array(z.string()).readonly(),
});
export type BenchResult = z.infer<typeof BenchResult>;

export interface Asked {
  readonly mode: BenchMode;
  readonly url: string;
  readonly startedAt: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** Puts together what a run has seen. `open` counts those that were open before the end closed them. */
export function resultOf(asked: Asked, run: LoadRun, end: RunEnd): BenchResult {
  const { tally, meter, signal } = run;
  const seconds = end.measuredMillis / 1_000;
  const rate = (count: number): number => (seconds === 0 ? 0 : count / seconds);
  const client = meter.figures();
  return {
    schema: 'rtd-bench/1',
    ...asked,
    measuredFrom: Number.isNaN(run.startedAt) ? null : new Date(performance.timeOrigin + run.startedAt).toISOString(),
    interrupted: signal.aborted,
    seconds,
    connections: {
      asked: tally.asked,
      open: tally.open,
      failed: tally.failed,
      lost: tally.lost,
      silent: tally.silent,
      heartBeats: tally.heartBeats,
    },
    messages: {
      sent: tally.sent,
      sentPerSecond: rate(tally.sent),
      acknowledged: tally.acknowledged,
      acknowledgedPerSecond: rate(tally.acknowledged),
      refused: tally.refused,
      deliveries: tally.deliveries,
      deliveriesPerSecond: rate(tally.deliveries),
      strangers: tally.strangers,
      megabytesPerSecond: rate(tally.bytes / 1_000_000),
    },
    latency: {
      connect: measured(tally.connect),
      receipt: measured(tally.receipt),
      delivery: measured(tally.delivery),
      recovery: measured(tally.recovery),
      lateness: measured(tally.lateness),
    },
    verify: end.verdict ?? null,
    client: { ...client, bottleneck: clientWasBottleneck(client, tally.lateness.quantile(0.99)) },
    reasons: tally.reasons,
    notes: end.notes,
  };
}

function measured(histogram: Histogram): Latency {
  return histogram.count === 0 ? null : histogram.summary();
}

/** True where the server has broken a promise: something acknowledged is missing, or anything came twice or out of order. */
export function foundFaults({ verify }: BenchResult): boolean {
  return verify !== null && verify.lost + verify.repeated + verify.reordered > 0;
}

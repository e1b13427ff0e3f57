/** What two looks at a server's metrics say of the time between them. What a server does not tell is undefined. */
import type { Samples } from './prometheus-text.ts';

/** One look; `at` in milliseconds of the monotonic clock. */
export interface Look {
  readonly at: number;
  readonly samples: Samples;
}

export interface Quantiles {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface ServerFigures {
  readonly serverId: string | undefined;
  readonly version: string | undefined;
  /** Open STOMP connections, by transport. */
  readonly transports: Readonly<Record<string, number>>;
  readonly connections: number | undefined;
  readonly eventStreams: number | undefined;
  readonly users: number | undefined;
  readonly messagesPerSecond: number | undefined;
  readonly deliveriesPerSecond: number | undefined;
  readonly ticksPerSecond: number | undefined;
  readonly refusedPerSecond: number | undefined;
  /** Undefined also where nothing was committed, or delivered, meanwhile. */
  readonly commit: Quantiles | undefined;
  readonly delivery: Quantiles | undefined;
  readonly queueBytes: number | undefined;
  /** Since the server's start. */
  readonly healedGaps: number | undefined;
  readonly kafkaLag: number | undefined;
  readonly tickAgeSeconds: number | undefined;
  /** Milliseconds, p99. */
  readonly eventLoopLag: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Those with the most bytes waiting, the worst first; empty where the server names none. */
  readonly slowestClients: readonly SlowClient[];
}

export interface SlowClient {
  /** As the server calls it; empty for one that has not said who it is. */
  readonly user: string;
  readonly transport: string;
  readonly bytes: number;
}

const MOST_CLIENTS = 5;

export function figuresOf(before: Look, now: Look): ServerFigures {
  const { samples } = now;
  const seconds = (now.at - before.at) / 1_000;
  const perSecond = (name: string): number | undefined => {
    const total = sum(samples, name);
    return total === undefined || seconds <= 0 ? undefined : grown(sum(before.samples, name) ?? 0, total) / seconds;
  };
  const info = samples.get('rtd_server_info')?.[0]?.labels;
  const lag = samples.get('rtd_event_loop_lag_seconds')?.find(({ labels }) => labels.get('quantile') === '0.99')?.value;
  return {
    serverId: info?.get('server_id'),
    version: info?.get('version'),
    transports: Object.fromEntries(
      (samples.get('rtd_connections') ?? []).map(({ labels, value }) => [labels.get('transport') ?? 'other', value]),
    ),
    // A server has no sample of a transport before its first connection.
    connections: sum(samples, 'rtd_connections') ?? (info === undefined ? undefined : 0),
    eventStreams: sum(samples, 'rtd_sse_connections'),
    users: sum(samples, 'rtd_online_users'),
    messagesPerSecond: perSecond('rtd_messages_committed_total'),
    deliveriesPerSecond: perSecond('rtd_messages_delivered_total'),
    ticksPerSecond: perSecond('rtd_ticks_total'),
    refusedPerSecond: perSecond('rtd_messages_refused_total'),
    commit: quantilesOf(before.samples, samples, 'rtd_commit_seconds'),
    delivery: quantilesOf(before.samples, samples, 'rtd_hint_to_delivery_seconds'),
    queueBytes: sum(samples, 'rtd_fan_out_queue_bytes'),
    healedGaps: sum(samples, 'rtd_gaps_healed_total'),
    kafkaLag: sum(samples, 'rtd_kafka_lag_records'),
    tickAgeSeconds: sum(samples, 'rtd_market_last_tick_age_seconds'),
    eventLoopLag: lag === undefined ? undefined : lag * 1_000,
    memoryBytes: sum(samples, 'rtd_memory_bytes'),
    slowestClients: slowestIn(samples),
  };
}

/** Of all samples of the name; undefined where there is none. */
function sum(samples: Samples, name: string): number | undefined {
  const values = samples.get(name);
  return values === undefined ? undefined : values.reduce((total, { value }) => total + value, 0);
}

/** A counter that went back belongs to a server that was started again: all it counts is new. */
function grown(before: number, now: number): number {
  return now < before ? now : now - before;
}

/** From the buckets that grew; within a bucket, as if its times were spread evenly (as Prometheus does it). */
function quantilesOf(before: Samples, now: Samples, name: string): Quantiles | undefined {
  const old = bucketsOf(before, name);
  const buckets = [...bucketsOf(now, name)]
    .map(([le, count]) => ({ le, count: grown(old.get(le) ?? 0, count) }))
    .toSorted((a, b) => a.le - b.le);
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const at = (share: number): number => {
    const rank = share * total;
    const index = buckets.findIndex(({ count }) => count >= rank);
    const lower = buckets[index - 1] ?? { le: 0, count: 0 };
    const bucket = buckets[index] ?? lower;
    // Past the last bound nobody knows: the bound is the least that it was.
    if (bucket.le === Number.POSITIVE_INFINITY) return lower.le * 1_000;
    const share01 = bucket.count === lower.count ? 1 : (rank - lower.count) / (bucket.count - lower.count);
    return (lower.le + (bucket.le - lower.le) * share01) * 1_000;
  };
  return { p50: at(0.5), p99: at(0.99) };
}

/** Upper bound -> how many were at most that, of all label sets together. */
function bucketsOf(samples: Samples, name: string): Map<number, number> {
  const buckets = new Map<number, number>();
  for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
    const text = labels.get('le');
    const le = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
    if (!Number.isNaN(le)) buckets.set(le, (buckets.get(le) ?? 0) + value);
  }
  return buckets;
}

function slowestIn(samples: Samples): readonly SlowClient[] {
  return (samples.get('rtd_slow_client_queued_bytes') ?? [])
    .map(({ labels, value }) => ({
      user: labels.get('user') ?? '',
      transport: labels.get('transport') ?? 'other',
      bytes: value,
    }))
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_CLIENTS);
}

/** The metrics of one server, for Prometheus. Few; each says in its HELP text what it counts. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What only the parts of the server can tell, read when somebody looks. */
export interface MetricSources {
  onlineUsers(): number;
  sseConnections(): number;
  market(): MarketFigures;
  chat(): ChatFigures;
  /** Bytes that wait for clients to take them, by the way out. */
  queuedBytes(): Readonly<Record<'stomp' | 'sse', number>>;
  /** The few clients with the most bytes waiting, by names that anybody may read; each transport and user once. */
  slowestClients(): Iterable<SlowClient>;
  /** Partition of the market's topic -> records that wait to be read; undefined without Kafka, and while it does not answer. */
  kafkaLag(): ReadonlyMap<number, number> | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

export interface ChatFigures {
  /** All three since the start. */
  readonly sent: number;
  readonly repeated: number;
  readonly delivered: number;
  readonly liveConversations: number;
  /** By the code of the refusal, since the start. */
  readonly refused: ReadonlyMap<string, number>;
  readonly healedGaps: number;
}

export interface MarketFigures {
  readonly symbols: number;
  /** Read from the log since the start. */
  readonly ticks: number;
  readonly subscribers: number;
  /** Epoch milliseconds; undefined before the first. */
  readonly lastTickAt: number | undefined;
}

export interface SlowClient {
  readonly transport: string;
  readonly user: string;
  readonly queuedBytes: number;
}

export interface Metrics {
  readonly contentType: string;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
  /** Tells where the figures of the rooms and gateways are to be had; until then they are left out. */
  read(sources: MetricSources): void;
  /** A transaction of `changes` was committed within `millis`. */
  committed(changes: number, millis: number): void;
  /** A message was delivered on this server, `millis` after the first word of it here. */
  deliveredAfter(millis: number): void;
  connectionOpened(transport: string): void;
  connectionClosed(transport: string): void;
  requestAnswered(route: string, method: string, status: number, seconds: number): void;
  close(): void;
}

const NANOSECONDS = 1e9;

export function createMetrics(options: { serverId: string; version: string }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  let sources: MetricSources | undefined;

  new Gauge({
    name: 'rtd_server_info',
    help: 'Always 1; says which server this is, and its version.',
    labelNames: ['server_id', 'version'],
    registers,
  }).set({ server_id: options.serverId, version: options.version }, 1);
  const connections = new Gauge({
    name: 'rtd_connections',
    help: 'Open STOMP connections, by transport.',
    labelNames: ['transport'],
    registers,
  });
  const accepted = new Counter({
    name: 'rtd_connections_total',
    help: 'STOMP connections accepted since the start, by transport.',
    labelNames: ['transport'],
    registers,
  });
  const requests = new Histogram({
    name: 'rtd_http_request_seconds',
    help: 'Time from an HTTP request to its answer; the wait of long polls is in it.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 30],
    registers,
  });

  const batches = new Histogram({
    name: 'rtd_commit_batch_size',
    help: 'Changes (messages above all) that shared one transaction of the store.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    registers,
  });
  const commits = new Histogram({
    name: 'rtd_commit_seconds',
    help: 'How long a transaction of the store took, its sync to disk included.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5],
    registers,
  });

  const waits = new Histogram({
    name: 'rtd_hint_to_delivery_seconds',
    help: 'From the first word of a message on this server (its commit here, a hint, or the sweep) to its delivery; gaps take time.',
    buckets: [0.000_1, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers,
  });

  function gauge(name: string, help: string, value: (from: MetricSources) => number | undefined): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = sources === undefined ? undefined : value(sources);
        if (now === undefined) this.reset();
        else this.set(now);
      },
    });
  }
  gauge('rtd_online_users', 'Users with a session on this server that are not offline.', (from) => from.onlineUsers());
  gauge(
    'rtd_live_conversations',
    'Conversations that somebody here is subscribed to.',
    (from) => from.chat().liveConversations,
  );
  gauge('rtd_sse_connections', 'Open event streams.', (from) => from.sseConnections());
  gauge('rtd_market_symbols', 'Symbols that have a price.', (from) => from.market().symbols);
  gauge('rtd_market_subscribers', 'Subscriptions to ticks, STOMP and SSE.', (from) => from.market().subscribers);
  gauge('rtd_market_last_tick_age_seconds', 'Seconds since the last tick came in.', (from) => {
    const { lastTickAt } = from.market();
    return lastTickAt === undefined ? undefined : (from.now() - lastTickAt) / 1_000;
  });

  function counter(name: string, help: string, value: (from: MetricSources) => number): void {
    let before = 0;
    new Counter({
      name,
      help,
      registers,
      collect() {
        const now = sources === undefined ? before : value(sources);
        this.inc(now - before);
        before = now;
      },
    });
  }
  counter(
    'rtd_ticks_total',
    'Ticks read from the log since the start; rate() of it is the tick rate.',
    (from) => from.market().ticks,
  );
  counter(
    'rtd_messages_committed_total',
    'Messages that senders of this server had stored.',
    (from) => from.chat().sent,
  );
  counter(
    'rtd_messages_repeated_total',
    'Sends whose clientMessageId was known: nothing was stored.',
    (from) => from.chat().repeated,
  );
  counter(
    'rtd_messages_delivered_total',
    'Messages handed to live conversations here, whoever sent them.',
    (from) => from.chat().delivered,
  );

  counter(
    'rtd_gaps_healed_total',
    'Times that messages were fetched from the store which no hint had told of in time.',
    (from) => from.chat().healedGaps,
  );
  const refusedBefore = new Map<string, number>();
  new Counter({
    name: 'rtd_messages_refused_total',
    help: 'Messages that were not taken, by the code of the refusal; nothing of them was stored.',
    labelNames: ['code'],
    registers,
    collect() {
      for (const [code, count] of sources?.chat().refused ?? []) {
        this.inc({ code }, count - (refusedBefore.get(code) ?? 0));
        refusedBefore.set(code, count);
      }
    },
  });
  new Gauge({
    name: 'rtd_fan_out_queue_bytes',
    help: 'Bytes that wait for clients to take them, of STOMP connections and of event streams.',
    labelNames: ['to'],
    registers,
    collect() {
      for (const [to, bytes] of Object.entries(sources?.queuedBytes() ?? {})) this.set({ to }, bytes);
    },
  });
  new Gauge({
    name: 'rtd_slow_client_queued_bytes',
    help: 'The 5 clients with the most bytes waiting, from 16 KiB on. With jwt auth the user is the beginning of its SHA-256.',
    labelNames: ['transport', 'user'],
    registers,
    collect() {
      this.reset();
      for (const { transport, user, queuedBytes } of sources?.slowestClients() ?? []) {
        this.set({ transport, user }, queuedBytes);
      }
    },
  });
  new Gauge({
    name: 'rtd_kafka_lag_records',
    help: 'Ticks that Kafka has and this server has not read yet; missing while Kafka does not answer, or is not used.',
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset();
      for (const [partition, records] of sources?.kafkaLag() ?? []) this.set({ partition }, records);
    },
  });

  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'rtd_event_loop_lag_seconds',
    help: 'How late the event loop was since the last look: half of the time at most p50, and so on.',
    labelNames: ['quantile'],
    registers,
    collect() {
      for (const [quantile, seconds] of lagOf(delay)) this.set({ quantile }, seconds);
      delay.reset();
    },
  });
  new Gauge({
    name: 'rtd_memory_bytes',
    help: 'Memory of the JavaScript heap in use, and of buffers outside of it.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { used_heap_size, external_memory } = getHeapStatistics();
      this.set({ kind: 'heap' }, used_heap_size);
      this.set({ kind: 'external' }, external_memory);
    },
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    read: (from) => {
      sources = from;
    },
    committed: (changes, millis) => {
      batches.observe(changes);
      commits.observe(millis / 1_000);
    },
    deliveredAfter: (millis) => waits.observe(millis / 1_000),
    connectionOpened: (transport) => {
      connections.inc({ transport });
      accepted.inc({ transport });
    },
    connectionClosed: (transport) => connections.dec({ transport }),
    requestAnswered: (route, method, status, seconds) => requests.observe({ route, method, status }, seconds),
    close: () => {
      delay.disable();
      registry.clear();
    },
  };
}

/** The histogram measures from one look to the next: what is over its own resolution is the lag. */
function lagOf(delay: IntervalHistogram): readonly (readonly [string, number])[] {
  if (delay.count === 0)
    return [
      ['0.5', 0],
      ['0.99', 0],
      ['1', 0],
    ];
  const over = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - 0.01);
  return [
    ['0.5', over(delay.percentile(50))],
    ['0.99', over(delay.percentile(99))],
    ['1', over(delay.max)],
  ];
}

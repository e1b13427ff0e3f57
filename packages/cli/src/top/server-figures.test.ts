import { expect, test } from 'vitest';
import { parsePrometheusText } from './prometheus-text.ts';
import { figuresOf, type Look } from './server-figures.ts';

function look(at: number, text: string): Look {
  return { at, samples: parsePrometheusText(text) };
}

test('rates are what counters grew by, a second', () => {
  const before = look(1_000, 'rtd_messages_committed_total 100\nrtd_messages_refused_total{code="A"} 1');
  const now = look(
    3_000,
    'rtd_messages_committed_total 150\nrtd_messages_refused_total{code="A"} 2\nrtd_messages_refused_total{code="B"} 3',
  );
  expect(figuresOf(before, now)).toMatchObject({ messagesPerSecond: 25, refusedPerSecond: 2 });
});

test('a server that was started again is not read backwards', () => {
  const before = look(0, 'rtd_messages_committed_total 1000');
  expect(figuresOf(before, look(1_000, 'rtd_messages_committed_total 30'))).toMatchObject({ messagesPerSecond: 30 });
});

test('gauges are summed over their labels; connections are told by transport', () => {
  const now = look(
    1_000,
    [
      'rtd_server_info{server_id="a",version="1.2.3"} 1',
      'rtd_connections{transport="websocket"} 7',
      'rtd_connections{transport="xhr"} 2',
      'rtd_fan_out_queue_bytes{to="stomp"} 1000',
      'rtd_fan_out_queue_bytes{to="sse"} 500',
      'rtd_kafka_lag_records{partition="0"} 4',
      'rtd_kafka_lag_records{partition="1"} 5',
      'rtd_event_loop_lag_seconds{quantile="0.5"} 0.001',
      'rtd_event_loop_lag_seconds{quantile="0.99"} 0.02',
      'rtd_slow_client_queued_bytes{transport="sse",user="slow"} 9000',
      'rtd_slow_client_queued_bytes{transport="websocket",user="slower"} 10000',
    ].join('\n'),
  );
  expect(figuresOf(look(0, ''), now)).toMatchObject({
    serverId: 'a',
    version: '1.2.3',
    transports: { websocket: 7, xhr: 2 },
    connections: 9,
    queueBytes: 1_500,
    kafkaLag: 9,
    eventLoopLag: 20,
    slowestClients: [
      { user: 'slower', transport: 'websocket', bytes: 10_000 },
      { user: 'slow', transport: 'sse', bytes: 9_000 },
    ],
  });
});

function buckets(...counts: readonly [number, number, number, number]): string {
  return ['0.001', '0.01', '0.1', '+Inf']
    .map((le, index) => `rtd_commit_seconds_bucket{le="${le}"} ${counts[index]}`)
    .join('\n');
}

test('latencies are those of the time between two looks', () => {
  // A thousand slow ones before; then 100, of which 50 below 1 ms and 50 evenly from 1 to 10 ms.
  const before = look(0, buckets(0, 0, 1_000, 1_000));
  const now = look(1_000, buckets(50, 100, 1_100, 1_100));
  const { commit } = figuresOf(before, now);
  expect(commit?.p50).toBeCloseTo(1);
  expect(commit?.p99).toBeCloseTo(1 + 9 * (49 / 50));
  expect(figuresOf(now, now).commit).toBeUndefined();
});

test('past the last bucket a latency is at least its bound', () => {
  expect(figuresOf(look(0, ''), look(1_000, buckets(0, 0, 0, 10))).commit).toEqual({ p50: 100, p99: 100 });
});

test('what a server does not tell is undefined', () => {
  expect(figuresOf(look(0, ''), look(1_000, 'something_else 1'))).toEqual({
    serverId: undefined,
    version: undefined,
    transports: {},
    connections: undefined,
    eventStreams: undefined,
    users: undefined,
    messagesPerSecond: undefined,
    deliveriesPerSecond: undefined,
    ticksPerSecond: undefined,
    refusedPerSecond: undefined,
    commit: undefined,
    delivery: undefined,
    queueBytes: undefined,
    healedGaps: undefined,
    kafkaLag: undefined,
    tickAgeSeconds: undefined,
    eventLoopLag: undefined,
    memoryBytes: undefined,
    slowestClients: [],
  });
});

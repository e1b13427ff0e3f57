/** The Kafka adapter against a real broker: the tick log's contract, and what is its own. */
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, inject, it, vi } from 'vitest';
import { deleteTicks } from '../../src/adapters/kafka/delete-ticks.ts';
import { openKafkaTickLog } from '../../src/adapters/kafka/kafka-tick-log.ts';
import { systemClock } from '../../src/clock.ts';
import type { LoggedTick, TickLog } from '../../src/market/tick-log.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { contractTick, describeTickLog } from '../market/tick-log.contract.ts';

const brokers = inject('kafkaBrokers')?.split(',') ?? [];

function open(topic: string): Promise<TickLog> {
  return openKafkaTickLog({ brokers, clientId: 'test', clock: systemClock, log: silentLog(), topic });
}

function kafka(): Kafka {
  return new Kafka({ brokers, logLevel: logLevel.NOTHING });
}

async function remove(topic: string): Promise<void> {
  const admin = kafka().admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}

describe.skipIf(brokers.length === 0)('with a broker', () => {
  describeTickLog('Kafka', async () => {
    const topic = `ticks-${randomUUID()}`;
    return { open: () => open(topic), remove: () => remove(topic) };
  });

  it('makes the topic with three partitions, and takes one that is there as it is', async () => {
    const [fresh, old] = [`fresh-${randomUUID()}`, `old-${randomUUID()}`];
    const admin = kafka().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: old, numPartitions: 5 }], waitForLeaders: true });
    await admin.disconnect();
    const logs = [await open(fresh), await open(old)];
    expect(logs.map((log) => log.partitions)).toEqual([3, 5]);
    for (const log of logs) await log.close();
    await remove(fresh);
    await remove(old);
  });

  it('may be opened by ten servers at once', async () => {
    const topic = `ten-${randomUUID()}`;
    const logs = await Promise.all(Array.from({ length: 10 }, () => open(topic)));
    expect(logs.map((log) => log.partitions)).toEqual(Array.from({ length: 10 }, () => 3));
    for (const log of logs) await log.close();
    await remove(topic);
  });

  it('deletes the ticks of a topic that has only just been made, every time', async () => {
    const topics = Array.from({ length: 20 }, () => `new-${randomUUID()}`);
    const admin = kafka().admin();
    await admin.connect();
    for (const topic of topics) {
      await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: false });
      await deleteTicks(brokers, silentLog(), topic);
    }
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  it('gives every server every tick, and skips what is no tick', async () => {
    const topic = `shared-${randomUUID()}`;
    const one = await open(topic);
    const two = await open(topic);
    const seen: [LoggedTick[], LoggedTick[]] = [[], []];
    await one.tail([-1, -1, -1], (ticks) => seen[0].push(...ticks));
    await two.tail([-1, -1, -1], (ticks) => seen[1].push(...ticks));
    const stranger = kafka().producer();
    await stranger.connect();
    await stranger.send({ topic, messages: [{ value: 'not JSON' }, { value: '{"symbol":"BTC"}' }, { value: null }] });
    await stranger.disconnect();
    await one.append([contractTick('BTC', 1), contractTick('ETH', 2)]);
    await two.append([contractTick('BTC', 3)]);
    for (const ticks of seen) {
      await vi.waitFor(() => expect(ticks.map(({ tick }) => tick.price).sort()).toEqual([1, 2, 3]), 10_000);
    }
    await one.close();
    await two.close();
    await remove(topic);
  });

  it('closes every connection that it has opened', async () => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const topic = `closed-${randomUUID()}`;
    const before = sockets();
    const log = await open(topic);
    await log.append(['BTC', 'ETH', 'SOL', 'AAPL', 'MSFT', 'GOOG'].map((symbol) => contractTick(symbol, 1)));
    await log.tail([-1, -1, -1], () => {});
    // As a server that starts does: all partitions at once, and nothing has been fetched before.
    await Promise.all([0, 1, 2].map((partition) => log.read(partition, 0, 10)));
    expect(sockets()).toBeGreaterThan(before);
    await log.close();
    await vi.waitFor(() => expect(sockets()).toBe(before), 10_000);
    await remove(topic);
  });

  it('tells how far a tail is behind', async () => {
    const topic = `lag-${randomUUID()}`;
    const log = await open(topic);
    // More than the broker gives at once, all of it in one partition.
    for (let batch = 0; batch < 8; batch += 1) {
      await log.append(Array.from({ length: 2_500 }, (_, index) => contractTick('BTC', batch * 2_500 + index + 1)));
    }
    const lags: number[] = [];
    let seen = 0;
    await log.tail([-1, -1, -1], (ticks) => {
      seen += ticks.length;
      lags.push([...(log.lag?.()?.values() ?? [])].reduce((sum, records) => sum + records, 0));
      expect(lags.at(-1)).toBe(20_000 - seen);
    });
    await vi.waitFor(() => expect(seen).toBe(20_000), 20_000);
    expect(lags[0]).toBeGreaterThan(0);
    expect(lags.at(-1)).toBe(0);
    await log.close();
    await remove(topic);
  });

  it('leaves no timer that spins: an idle log costs next to nothing', async () => {
    const topic = `idle-${randomUUID()}`;
    const log = await open(topic);
    const seen: LoggedTick[] = [];
    await log.tail([-1, -1, -1], (ticks) => seen.push(...ticks));
    await log.append([contractTick('BTC', 1)]);
    await vi.waitFor(() => expect(seen).toHaveLength(1), 10_000);
    let timeouts = 0;
    const set = globalThis.setTimeout;
    const counting = vi.spyOn(globalThis, 'setTimeout').mockImplementation((...call) => {
      timeouts += 1;
      return Reflect.apply(set, globalThis, call);
    });
    // As long as five fetches wait for something to come.
    await new Promise((resolve) => set(resolve, 2_500));
    counting.mockRestore();
    expect(timeouts).toBeLessThan(100);
    await log.close();
    await remove(topic);
  });
});

it('says what to do where there is no broker', async () => {
  await expect(
    openKafkaTickLog({ brokers: ['127.0.0.1:9'], clientId: 'test', clock: systemClock, log: silentLog() }),
  ).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('Kafka') });
});

/**
 * The promises on failure, each under load, against real programs: whatever breaks, nothing that was acknowledged is lost,
 * repeated or out of order, and nothing is seen that is not stored.
 */
import { connectMarket, createHttpApi } from '@rtd/client';
import { TickerSymbol } from '@rtd/protocol';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { start } from '../running.ts';
import { Cluster } from './cluster.ts';
import { NO_FAULTS, Traffic } from './traffic.ts';

const KAFKA = TickerSymbol.parse('KAFKA');
const WITHIN = { timeout: 40_000, interval: 20 };
const there =
  inject('mysqlUrl') !== undefined && inject('redisUrl') !== undefined && inject('kafkaBrokers') !== undefined;

describe.skipIf(!there)('two servers on MySQL, Redis and Kafka', { timeout: 120_000 }, () => {
  let cluster: Cluster;
  let traffic: Traffic | undefined;
  let run = 0;

  beforeAll(async () => {
    cluster = new Cluster();
    await Promise.all((['mysql', 'redis', 'kafka'] as const).map((name) => cluster.startService(name)));
    await Promise.all([0, 1].map((server) => cluster.startServer(server)));
  }, 120_000);
  afterAll(() => cluster?.close(), 60_000);
  afterEach(async () => {
    await traffic?.close();
    traffic = undefined;
  });

  async function startTraffic(): Promise<Traffic> {
    run += 1;
    traffic = new Traffic([cluster.url(0), cluster.url(1)], `run${run}`);
    await traffic.ready();
    traffic.start();
    await traffic.acknowledge(60);
    return traffic;
  }

  const readiness = async (server: number) => {
    const answer = await fetch(`${cluster.url(server)}/readyz`);
    return { status: answer.status, text: await answer.text() };
  };

  it('nothing fails: every message is everywhere, once and in order', async () => {
    const talk = await startTraffic();
    await talk.acknowledge(100);
    expect(await talk.finish()).toEqual(NO_FAULTS);
    expect(talk.refused).toEqual([]);
    expect(talk.breaks).toBe(0);
  });

  it('Redis is killed and comes back: nobody is cut off, readyz says degraded and stays 200', async () => {
    const talk = await startTraffic();
    await cluster.signalService('redis', 'SIGKILL');
    await talk.acknowledge(100);
    await vi.waitFor(
      async () =>
        expect(await readiness(0)).toMatchObject({ status: 200, text: expect.stringMatching(/bus \(redis\): (?!ok)/) }),
      WITHIN,
    );
    await talk.acknowledge(100);
    await cluster.startService('redis');
    await vi.waitFor(async () => expect((await readiness(0)).text).toContain('bus (redis): ok'), WITHIN);
    await talk.acknowledge(100);
    expect(await talk.finish()).toEqual(NO_FAULTS);
    expect(talk.breaks).toBe(0);
  });

  it('without Redis the other server has a message within 2 s and a little', async () => {
    await cluster.stopService('redis');
    onTestFinished(() => cluster.startService('redis'));
    const talk = await startTraffic();
    const [here, far] = [createHttpApi({ url: cluster.url(0) }), createHttpApi({ url: cluster.url(1) })];
    const { seq } = await here.postMessage({ content: 'across the gap' });
    const asked = performance.now();
    const { messages } = await far.pollMessages({ conversationId: 'global', after: seq - 1, waitSeconds: 10 });
    expect(messages[0]?.seq).toBe(seq);
    expect(performance.now() - asked).toBeLessThan(4_000);
    expect(await talk.finish()).toEqual(NO_FAULTS);
  });

  it('only the connection that listens to Redis is cut, again and again', async () => {
    const talk = await startTraffic();
    const admin = new Redis(cluster.port('redis'));
    onTestFinished(() => admin.disconnect());
    for (let cut = 0; cut < 5; cut += 1) {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await talk.acknowledge(60);
    }
    expect(await talk.finish()).toEqual(NO_FAULTS);
    expect(talk.breaks).toBe(0);
  });

  it('Redis hangs with its connections open', async () => {
    const talk = await startTraffic();
    await cluster.signalService('redis', 'SIGSTOP');
    await talk.acknowledge(100);
    await vi.waitFor(async () => expect((await readiness(1)).text).toMatch(/bus \(redis\): (?!ok)/), WITHIN);
    await cluster.signalService('redis', 'SIGCONT');
    await talk.acknowledge(100);
    expect(await talk.finish()).toEqual(NO_FAULTS);
    expect(talk.breaks).toBe(0);
  });

  it('MySQL is stopped and comes back: sends are refused at once, nobody is cut off, all that waited is stored once', async () => {
    const talk = await startTraffic();
    await cluster.stopService('mysql');
    const api = createHttpApi({ url: cluster.url(0) });
    const asked = performance.now();
    await expect(api.postMessage({ content: 'into the void' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
    expect(performance.now() - asked).toBeLessThan(5_000);
    await using send = start(['send', 'at last', '--timeout', '120'], { env: { RTD_URL: cluster.url(0) } });
    await send.until(/^rtd: Not stored yet: [^\n]+ rtd goes on trying, 120 s in all \(--timeout\)\.\n$/);
    await vi.waitFor(async () => expect(await readiness(0)).toMatchObject({ status: 503 }), WITHIN);
    await cluster.startService('mysql');
    expect(await send.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^[^\n]+\nrtd: Stored now\.\n$/) });
    await vi.waitFor(async () => expect(await readiness(0)).toMatchObject({ status: 200 }), WITHIN);
    await talk.acknowledge(100);
    expect(await talk.finish()).toEqual(NO_FAULTS);
    expect(talk.breaks).toBe(0);
  });

  it('MySQL crashes and comes back', async () => {
    const talk = await startTraffic();
    await cluster.signalService('mysql', 'SIGKILL');
    await cluster.startService('mysql');
    await talk.acknowledge(100);
    expect(await talk.finish()).toEqual(NO_FAULTS);
  });

  it('Kafka is restarted: prices stand still and come back, no tick is skipped or repeated, chat goes on', async () => {
    const talk = await startTraffic();
    const api = createHttpApi({ url: cluster.url(0) });
    const stream = connectMarket({ url: cluster.url(1), symbols: ['KAFKA'] });
    onTestFinished(() => stream.close());
    const prices: number[] = [];
    stream.on('snapshot', (ticks) => prices.push(...ticks.map((tick) => tick.price)));
    stream.on('tick', (tick) => prices.push(tick.price));
    await vi.waitFor(() => expect(stream.state.kind).toBe('live'), WITHIN);
    let price = 0;
    const tick = async (): Promise<void> => {
      await vi.waitFor(() => api.postTicks([{ symbol: KAFKA, price: price + 1 }]), WITHIN);
      price += 1;
    };
    for (let count = 0; count < 20; count += 1) await tick();
    await vi.waitFor(() => expect(prices.at(-1)).toBe(20), WITHIN);
    await cluster.stopService('kafka');
    await expect(api.postTicks([{ symbol: KAFKA, price: 999 }])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await talk.acknowledge(100);
    await cluster.startService('kafka');
    for (let count = 0; count < 20; count += 1) await tick();
    await vi.waitFor(() => expect(prices.at(-1)).toBe(40), WITHIN);
    expect(prices.filter((each, index) => each !== prices[index - 1])).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    expect(await talk.finish()).toEqual(NO_FAULTS);
    expect(talk.breaks).toBe(0);
  });

  it('a server is killed in the middle of a burst', async () => {
    const talk = await startTraffic();
    for (let kill = 0; kill < 2; kill += 1) {
      await cluster.endServer(1, 'SIGKILL');
      await talk.acknowledge(60);
      await cluster.startServer(1);
      await talk.acknowledge(100);
    }
    expect(await talk.finish()).toEqual(NO_FAULTS);
  });

  it('both servers are restarted one after the other under load, each drains and ends with 0 within 25 s', async () => {
    const talk = await startTraffic();
    for (const server of [0, 1]) {
      const asked = performance.now();
      expect(await cluster.endServer(server, 'SIGTERM')).toBe(0);
      expect(performance.now() - asked).toBeLessThan(25_000);
      await cluster.startServer(server);
      await talk.acknowledge(100);
    }
    expect(await talk.finish()).toEqual(NO_FAULTS);
    expect(talk.refused).toEqual([]);
  });
});

/** The metrics that only a server with MySQL and Kafka has. */
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { ask, eventually, startTestServer } from '../server/test-server.ts';
import { series } from '../telemetry/scrape.ts';

const [mysqlUrl, kafkaBrokers] = [inject('mysqlUrl'), inject('kafkaBrokers')?.split(',')];

describe.skipIf(mysqlUrl === undefined || kafkaBrokers === undefined)('with MySQL and Kafka', () => {
  it('counts commits, and says how far behind Kafka it is', async () => {
    const database = new URL(mysqlUrl ?? '');
    database.pathname = `/metrics_${process.pid}`;
    const server = await startTestServer({ mysqlUrl: database.href, kafkaBrokers });
    await ask(server, '/api/chat/messages', { body: '{"content":"x"}' });
    expect(await series(server, 'rtd_commit_batch_size_count')).toBeGreaterThan(0);
    expect(await series(server, 'rtd_commit_seconds_sum')).toBeGreaterThan(0);
    const symbol = `M${randomUUID().slice(0, 8)}`;
    await ask(server, '/api/market/ticks', { body: JSON.stringify([{ symbol, price: 1 }]) });
    for (const partition of [0, 1, 2]) {
      await eventually(() => series(server, `rtd_kafka_lag_records{partition="${partition}"}`)).toBe(0);
    }
  });
});

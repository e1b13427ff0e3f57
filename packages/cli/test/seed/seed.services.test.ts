/** `rtd seed` into MySQL and Kafka. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { openStores, silentLog, systemClock } from '@rtd/server';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { kafkaService } from '../../src/services/kafka-service.ts';
import { RunningServices } from '../../src/services/running-services.ts';
import { newFolder, rtd } from '../running.ts';
import { look } from './seeded.ts';

const [mysqlUrl, kafkaBrokers] = [inject('mysqlUrl'), inject('kafkaBrokers')];
const JARS = path.join(import.meta.dirname, '../../../../node_modules/.cache/kafka');
const SMALL = ['seed', '--users', '12', '--messages', '300', '--ticks', '2000'];

describe.skipIf(mysqlUrl === undefined || kafkaBrokers === undefined)('with MySQL and Kafka', () => {
  const database = new URL(mysqlUrl ?? 'mysql://x');
  database.pathname = `/seeded_${process.pid}`;
  const env = { RTD_MYSQL_URL: database.href, RTD_KAFKA_BROKERS: '' };

  // A broker of its own: there is one topic of prices in each, and here all of it is removed.
  const folder = newFolder();
  const running = new RunningServices(folder);
  beforeAll(async () => {
    const { PATH: searchPath, JAVA_HOME: javaHome, KAFKA_HOME: kafkaHome } = process.env;
    const service = kafkaService({ searchPath, javaHome, kafkaHome, jars: JARS });
    const port = await running.start(service, { port: 'any', say: () => {}, now: () => new Date() });
    Object.assign(env, service.environment(port));
  });
  afterAll(async () => {
    await running.stop('kafka');
    rmSync(folder, { recursive: true, force: true });
  });

  test('it makes tables and topics, fills them, stores nothing twice, and empties them again', async () => {
    const first = await rtd([...SMALL, '--reset', '--yes'], { env });
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain(`Kafka at ${env.RTD_KAFKA_BROKERS}`);
    expect(first.stdout).toMatch(/300 messages, 300 new\n/);
    expect(first.stdout).toMatch(/\n[12],?\d{3} ticks\n/);
    expect(first.stdout).not.toContain('root:root');
    const before = await look({ env });
    expect(before.messages.length).toBeGreaterThan(100);
    expect(before.symbols.length).toBeGreaterThanOrEqual(8);
    expect(before.hours).toBeGreaterThanOrEqual(24);
    const second = await rtd(SMALL, { env });
    expect(second.stdout).toMatch(/300 messages, 0 new\n(.|\n)*ticks: there are some already/);
    expect((await look({ env })).messages).toEqual(before.messages);

    const config = { mysqlUrl: database.href, kafkaBrokers: env.RTD_KAFKA_BROKERS.split(','), dataDir: '/nowhere' };
    await using stores = await openStores({ config, clock: systemClock, log: silentLog(), empty: true });
    expect(await stores.store.conversation(before.messages[0]?.conversationId ?? never())).toMatchObject({
      lastSeq: 0,
    });
    for (const { earliest, next } of await stores.tickLog.bounds()) expect(next).toBe(earliest);
  }, 120_000);

  test('a password that is wrong, or a MySQL that is away, is one line without it', async () => {
    const wrong = new URL(database.href);
    wrong.password = 'hunter2';
    for (const url of [wrong.href, 'mysql://root:hunter2@127.0.0.1:9/db']) {
      const { code, stdout, stderr } = await rtd(SMALL, { env: { ...env, RTD_MYSQL_URL: url } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^rtd: [^\n]*MySQL[^\n]*\n$/);
      expect(stderr).not.toContain('hunter2');
    }
  }, 60_000);
});

function never(): never {
  throw new Error('there was no message');
}

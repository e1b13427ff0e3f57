/** Breaks the real MariaDB, Redis and Kafka, one thing at a time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type OwnRedis, startOwnRedis } from '../../../server/test/services/own-redis.ts';
import { freePort } from '../../src/services/free-port.ts';
import { mysqlService } from '../../src/services/mysql-service.ts';
import { RunningServices } from '../../src/services/running-services.ts';
import { host } from '../hosted.ts';
import { examine } from './examined.ts';
import { faultyProxy } from './faulty-proxy.ts';

const { mysqlUrl, redisUrl, kafkaBrokers } = {
  mysqlUrl: inject('mysqlUrl'),
  redisUrl: inject('redisUrl'),
  kafkaBrokers: inject('kafkaBrokers'),
};
const BACKENDS = ['--only', 'backends', '--timeout', '15'];

describe.skipIf(mysqlUrl === undefined)('MySQL', () => {
  // One of its own: what is set here is set for everybody who uses it.
  const folder = mkdtempSync(path.join(tmpdir(), 'rtd-doctor-mysql-'));
  const services = new RunningServices(folder);
  let url = '';
  beforeAll(async () => {
    const service = mysqlService(process.env.PATH);
    const port = await services.start(service, { port: 'any', say: () => {}, now: () => new Date() });
    url = service.environment(port).RTD_MYSQL_URL ?? '';
  });
  afterAll(async () => {
    await services.stop('mysql');
    rmSync(folder, { recursive: true, force: true });
  });

  /** `query` as root, then `after` whatever happens. */
  async function withSetting(query: string, after: string, work: () => Promise<void>): Promise<void> {
    const connection = await createConnection(url);
    await connection.query(query);
    try {
      await work();
    } finally {
      await connection.query(after);
      await connection.end();
    }
  }

  test('under a server that runs all is well', async () => {
    await using _server = await host({ env: { RTD_MYSQL_URL: url } });
    const { code, failed, warned, check, text } = await examine([...BACKENDS, '--url', _server.url], {
      env: { RTD_MYSQL_URL: url },
    });
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: [] });
    expect(check('mysql').evidence.answered).toMatch(/^\d+\.\d+/);
    expect(text).not.toContain('root:root');
  });

  test('the database is missing: mysql-schema fails, --fix makes it', async () => {
    const lost = new URL(url);
    lost.pathname = '/rtd_doctor_lost';
    const env = { RTD_MYSQL_URL: lost.href };
    await withSetting(
      'DROP DATABASE IF EXISTS rtd_doctor_lost',
      'DROP DATABASE IF EXISTS rtd_doctor_lost',
      async () => {
        const before = await examine(BACKENDS, { env });
        expect({ code: before.code, failed: before.failed }).toEqual({ code: 1, failed: ['mysql-schema'] });
        expect(before.check('mysql-schema').meaning).toMatch(/database is missing/);
        const after = await examine([...BACKENDS, '--fix'], { env });
        expect(after.check('mysql-schema')).toMatchObject({
          status: 'warn',
          fixed: 'made the empty database rtd_doctor_lost',
        });
        expect(after.code).toBe(0);
      },
    );
  });

  test('the database goes away under a server: readyz fails, and says which', async () => {
    const far = new URL(url);
    await using proxy = await faultyProxy(`http://${far.host}`, {});
    const near = new URL(url);
    near.port = new URL(proxy.url).port;
    await using server = await host({ env: { RTD_MYSQL_URL: near.href } });
    await proxy[Symbol.asyncDispose]();
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
    const { code, failed, check } = await examine(['--only', 'network', '--url', server.url]);
    expect({ code, failed }).toEqual({ code: 1, failed: ['readyz'] });
    expect(check('readyz').meaning).toMatch(/store \(mysql\): down/);
  });

  test('commits are not flushed: mysql-durability warns', async () => {
    await withSetting(
      'SET GLOBAL innodb_flush_log_at_trx_commit = 0',
      'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
      async () => {
        const { failed, warned, check } = await examine([...BACKENDS.with(1, 'mysql-durability')], {
          env: { RTD_MYSQL_URL: url },
        });
        expect({ failed, warned }).toEqual({ failed: [], warned: ['mysql-durability'] });
        expect(check('mysql-durability').fix).toContain('SET GLOBAL innodb_flush_log_at_trx_commit = 1');
      },
    );
  });

  test('too few connections are left: mysql-connections warns', async () => {
    await withSetting('SET GLOBAL max_connections = 12', 'SET GLOBAL max_connections = 151', async () => {
      const { failed, warned } = await examine([...BACKENDS.with(1, 'mysql-connections')], {
        env: { RTD_MYSQL_URL: url },
      });
      expect({ failed, warned }).toEqual({ failed: [], warned: ['mysql-connections'] });
    });
  });

  test('a wrong password: mysql fails, and the password is not shown', async () => {
    const wrong = new URL(url);
    wrong.password = 'not-the-password';
    const { failed, check, text } = await examine(BACKENDS, { env: { RTD_MYSQL_URL: wrong.href } });
    expect(failed).toEqual(['mysql']);
    expect(check('mysql').evidence.answered).toBe('ER_ACCESS_DENIED_ERROR');
    expect(check('mysql-schema').status).toBe('skip');
    expect(text).not.toContain('not-the-password');
  });

  test('nothing listens there', async () => {
    const port = await freePort();
    const { failed, check } = await examine(BACKENDS, {
      env: { RTD_MYSQL_URL: `mysql://root:root@127.0.0.1:${port}/x` },
    });
    expect(failed).toEqual(['mysql']);
    expect(check('mysql')).toMatchObject({
      evidence: { answered: 'ECONNREFUSED' },
      fix: expect.stringContaining('rtd up --only mysql'),
    });
  });
});

describe.skipIf(redisUrl === undefined)('Redis', () => {
  // One of its own, for the same reason.
  const env = { RTD_REDIS_URL: '' };
  let own: OwnRedis;
  let url = '';
  beforeAll(async () => {
    own = await startOwnRedis();
    url = own.url;
    env.RTD_REDIS_URL = url;
  });
  afterAll(() => own.stop());

  async function withPolicy(policy: string, maxMemory: string, work: () => Promise<void>): Promise<void> {
    const redis = new Redis(url);
    await redis.config('SET', 'maxmemory', maxMemory);
    await redis.config('SET', 'maxmemory-policy', policy);
    try {
      await work();
    } finally {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      await redis.config('SET', 'maxmemory', '0');
      redis.disconnect();
    }
  }

  test('all is well', async () => {
    const { code, failed, warned, passed } = await examine(BACKENDS, { env });
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: [] });
    expect(passed).toEqual(['redis', 'redis-pubsub', 'redis-eviction']);
  });

  test('allkeys-lru and a limit of memory: redis-eviction fails', async () => {
    await withPolicy('allkeys-lru', '200mb', async () => {
      const { code, failed, check } = await examine(BACKENDS, { env });
      expect({ code, failed }).toEqual({ code: 1, failed: ['redis-eviction'] });
      expect(check('redis-eviction').evidence.answered).toContain('allkeys-lru');
      expect(check('redis-eviction').fix).toContain('noeviction');
    });
  });

  test.each([
    ['allkeys-lru', '0'],
    ['volatile-lru', '200mb'],
  ])('%s with %s bytes of memory: redis-eviction warns', async (policy, memory) => {
    await withPolicy(policy, memory, async () => {
      const { failed, warned } = await examine(BACKENDS, { env });
      expect({ failed, warned }).toEqual({ failed: [], warned: ['redis-eviction'] });
    });
  });

  test('a wrong password', async () => {
    const redis = new Redis(url);
    await redis.config('SET', 'requirepass', 'the-password');
    try {
      const { failed, check, text } = await examine(BACKENDS, {
        env: { RTD_REDIS_URL: url.replace('redis://', 'redis://:not-that-one@') },
      });
      expect(failed).toEqual(['redis']);
      expect(check('redis')).toMatchObject({
        evidence: { answered: 'WRONGPASS' },
        meaning: expect.stringContaining('does not let this user in'),
      });
      expect(text).not.toContain('not-that-one');
    } finally {
      await redis.config('SET', 'requirepass', '');
      redis.disconnect();
    }
  });

  test('nothing listens there', async () => {
    const { failed, check } = await examine(BACKENDS, {
      env: { RTD_REDIS_URL: `redis://127.0.0.1:${await freePort()}` },
    });
    expect(failed).toEqual(['redis']);
    expect(check('redis').evidence.answered).toBe('ECONNREFUSED');
  });
});

describe.skipIf(kafkaBrokers === undefined)('Kafka', () => {
  const env = { RTD_KAFKA_BROKERS: kafkaBrokers ?? '' };
  const kafka = new Kafka({ brokers: (kafkaBrokers ?? '').split(','), logLevel: logLevel.NOTHING });

  test('a record comes back, and its topic is gone afterwards', async () => {
    const { failed, check } = await examine(BACKENDS, { env });
    expect(failed).toEqual([]);
    expect(check('kafka-round-trip')).toMatchObject({ status: 'pass' });
    const admin = kafka.admin();
    await admin.connect();
    try {
      await expect
        .poll(async () => (await admin.listTopics()).filter((topic) => topic.startsWith('rtd-doctor-')))
        .toEqual([]);
    } finally {
      await admin.disconnect();
    }
  });

  test('a group that a server has left behind: kafka-groups warns, and names it', async () => {
    const admin = kafka.admin();
    await admin.connect();
    const topic = 'rtd-doctor-test';
    const groupId = 'ws-server-group-gone';
    try {
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
      // The broker's first group of all takes it some seconds, in which it refuses every other one.
      const leave = () => admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] });
      await vi.waitFor(leave, { timeout: 40_000, interval: 200 });
      const { failed, warned, check } = await examine(BACKENDS.with(1, 'kafka-groups'), { env });
      expect({ failed, warned }).toEqual({ failed: [], warned: ['kafka-groups'] });
      expect(check('kafka-groups').fix).toContain(`--delete --group ${groupId}`);
    } finally {
      await admin.deleteGroups([groupId]);
      await admin.deleteTopics({ topics: [topic] });
      await admin.disconnect();
    }
  });

  test('nothing listens there', async () => {
    const { failed, check } = await examine(BACKENDS, { env: { RTD_KAFKA_BROKERS: `127.0.0.1:${await freePort()}` } });
    expect(failed).toEqual(['kafka']);
    expect(check('kafka').meaning).toMatch(/stale/);
  });
});

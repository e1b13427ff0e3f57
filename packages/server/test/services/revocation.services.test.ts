/** `POST /api/admin/revoke` on one of two servers: what the other one does, whatever they share and whatever of it is away. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { openMysqlMessageStore } from '../../src/adapters/mysql/mysql-message-store.ts';
import { createMysqlRevocationStore } from '../../src/adapters/mysql/mysql-revocation-store.ts';
import { type Config, silentLog, systemClock } from '../../src/index.ts';
import { connectionsOf } from '../auth/connections.ts';
import { revocationStoreContract } from '../auth/revocation-store.contract.ts';
import { bearer, JWT, soon } from '../auth/tokens.ts';
import { ask, eventually, startTestServer, temporaryFolder } from '../server/test-server.ts';
import { type OwnRedis, startOwnRedis } from './own-redis.ts';

const mysqlUrl = inject('mysqlUrl');
const hasRedis = inject('redisUrl') !== undefined;
/** Nothing listens there. */
const NO_REDIS = 'redis://127.0.0.1:1';

/** The URL of a database that does not exist yet; `drop` removes it. */
async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const url = new URL(mysqlUrl ?? '');
  const name = `rtd_${randomUUID().replaceAll('-', '')}`;
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      const admin = await createConnection({ uri: mysqlUrl ?? '' });
      await admin.query('DROP DATABASE IF EXISTS ??', [name]);
      await admin.end();
    },
  };
}

async function twoServers(shared: Partial<Config>) {
  const one = await startTestServer({ auth: JWT, ...shared });
  const two = await startTestServer({ auth: JWT, ...shared });
  return { one, two };
}

const revoke = async (server: { port: number }, userId: string) =>
  ask(server, '/api/admin/revoke', {
    headers: { authorization: await bearer({ sub: 'root', role: 'admin' }) },
    body: JSON.stringify({ userId }),
  });

const history = async (server: { port: number }, authorization: string) =>
  (await ask(server, '/api/chat/history', { headers: { authorization } })).status;

const KINDS = ['WebSocket', 'SockJS xhr_streaming', 'SockJS xhr polling', 'event stream', 'chat poll'];

/** Everything that the user has open on `there` ends within 2 s of a revocation on `here`, and nobody comes back with what was issued before. */
async function expectEnd(here: { port: number }, there: { port: number }, sub = 'ann'): Promise<void> {
  const before = await bearer({ sub });
  const all = connectionsOf(there);
  const open = await Promise.all(KINDS.map((kind) => (all[kind] ?? expect.unreachable())(before)));
  expect(open.map(({ ended }) => ended())).toEqual(KINDS.map(() => false));
  const bystander = await (all.WebSocket ?? expect.unreachable())(await bearer({ sub: 'bob' }));
  const started = performance.now();
  expect((await revoke(here, sub)).status).toBe(202);
  await eventually(() => open.map(({ ended }) => ended())).toEqual(KINDS.map(() => true));
  expect(performance.now() - started).toBeLessThan(2_000);
  expect([await history(here, before), await history(there, before)]).toEqual([401, 401]);
  expect(await history(there, await bearer({ sub, iat: soon() }))).toBe(200);
  expect(bystander.ended()).toBe(false);
}

describe.skipIf(!hasRedis)('with a Redis alone', () => {
  let redis: OwnRedis;
  let redisUrl: string;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startOwnRedis();
    redisUrl = redis.url;
    admin = new Redis(redisUrl);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });
  beforeEach(() => admin.flushall());

  it('the other server ends everything of that user within 2 s', async () => {
    const { one, two } = await twoServers({ redisUrl });
    await eventually(() => admin.pubsub('NUMSUB', 'rtd-revocations')).toEqual(['rtd-revocations', 2]);
    await expectEnd(one, two);
    await expectEnd(two, one, 'eve');
  });

  it('the other server keeps what it was told, for after a restart', async () => {
    const dataDir = await temporaryFolder();
    const one = await startTestServer({ auth: JWT, redisUrl });
    const two = await startTestServer({ auth: JWT, redisUrl, dataDir });
    const before = await bearer({ sub: 'ann' });
    await eventually(async () => {
      await revoke(one, 'ann');
      return history(two, before);
    }).toBe(401);
    await two.close();
    expect(await history(await startTestServer({ auth: JWT, dataDir }), before)).toBe(401);
  });

  it('a server that was not there to hear it knows all the same: one that starts later, one whose link was cut', async () => {
    const one = await startTestServer({ auth: JWT, redisUrl });
    const before = await bearer({ sub: 'late-ann' });
    await eventually(async () => (await revoke(one, 'late-ann')).status).toBe(202);
    const two = await startTestServer({ auth: JWT, redisUrl });
    await eventually(() => history(two, before)).toBe(401);

    // Kept, and never published: as when the link of `two` was cut at that moment.
    const cut = await bearer({ sub: 'cut-ann' });
    const open = await (connectionsOf(two).WebSocket ?? expect.unreachable())(cut);
    await admin.zadd('rtd-revoked', Date.now(), 'cut-ann');
    expect(open.ended()).toBe(false);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(open.ended).toBe(true);
    expect(await history(two, cut)).toBe(401);
  });

  it('what is no revocation is left out', async () => {
    const server = await startTestServer({ auth: JWT, redisUrl });
    await eventually(() => admin.pubsub('NUMSUB', 'rtd-revocations')).toEqual(['rtd-revocations', 1]);
    for (const text of ['', '{', 'null', '{"userId":"ann"}', '{"userId":"a/b","at":1}']) {
      await admin.publish('rtd-revocations', text);
    }
    await admin.publish('rtd-revocations', JSON.stringify({ userId: 'cat', at: Date.now() }));
    await eventually(async () => history(server, await bearer({ sub: 'cat', iat: 1 }))).toBe(401);
    expect(await history(server, await bearer({ sub: 'ann', iat: 1 }))).toBe(200);
  });
});

describe('with a Redis that is away, and nothing else shared', () => {
  it('says that others could not be told; the user is gone from here', async () => {
    const { one, two } = await twoServers({ redisUrl: NO_REDIS });
    const token = await bearer({ sub: 'ann' });
    const here = await (connectionsOf(one).WebSocket ?? expect.unreachable())(token);
    const answer = await revoke(one, 'ann');
    expect([answer.status, answer.json()]).toEqual([
      503,
      { error: { code: 'UNAVAILABLE', message: expect.stringMatching(/others could not be told. Try again/) } },
    ]);
    await eventually(here.ended).toBe(true);
    expect([await history(one, token), await history(two, token)]).toEqual([401, 200]);
  });
});

describe.skipIf(mysqlUrl === undefined)('with a database', () => {
  it.each([
    ['alone', {}],
    ['and a Redis that is away', { redisUrl: NO_REDIS }],
  ])('%s: the other server ends everything of that user within 2 s', async (_, more) => {
    const { url, drop } = await freshDatabase();
    onTestFinished(drop);
    const { one, two } = await twoServers({ mysqlUrl: url, ...more });
    await expectEnd(one, two);
  });

  it('a server that starts later knows', async () => {
    const { url, drop } = await freshDatabase();
    onTestFinished(drop);
    const one = await startTestServer({ auth: JWT, mysqlUrl: url });
    const before = await bearer({ sub: 'ann' });
    await revoke(one, 'ann');
    const two = await startTestServer({ auth: JWT, mysqlUrl: url });
    expect(await history(two, before)).toBe(401);
  });

  describe('the contract of its store', () => {
    revocationStoreContract(async (cleanup) => {
      const { url, drop } = await freshDatabase();
      cleanup.add(drop);
      // The tables are made together.
      await (await openMysqlMessageStore({ url, clock: systemClock, log: silentLog() })).close();
      return () => Promise.resolve(createMysqlRevocationStore(url));
    });
  });
});

it('a database that is away keeps nothing, and says so', async () => {
  const store = createMysqlRevocationStore('mysql://root:secret@127.0.0.1:1/nothing');
  onTestFinished(() => store.close());
  const failed = expect.objectContaining({
    code: 'STORE_UNAVAILABLE',
    message: expect.not.stringMatching(/secret|127\.0\.0\.1/),
  });
  await expect(store.since(undefined, 1)).rejects.toEqual(failed);
});

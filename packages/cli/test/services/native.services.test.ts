/** `rtd up`, `status`, `serve --backends up` and `down` as a person uses them, on real MariaDB, Redis and Kafka. */
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../src/services/free-port.ts';
import { newFolder, rtd, start } from '../running.ts';

const there =
  inject('mysqlUrl') !== undefined && inject('redisUrl') !== undefined && inject('kafkaBrokers') !== undefined;
const JARS = path.join(import.meta.dirname, '../../../../node_modules/.cache/kafka');

const Reports = z.array(
  z.object({
    name: z.string(),
    state: z.string(),
    as: z.string().nullable(),
    pid: z.int().nullable(),
    port: z.int().nullable(),
    url: z.string().nullable(),
  }),
);

/** The jars that were fetched for the tests, as an unpacked Kafka has them. */
function kafkaHome(): string {
  const folder = newFolder();
  const libs = readdirSync(JARS).find((name) => name.startsWith('libs-')) ?? '';
  symlinkSync(path.join(JARS, libs), path.join(folder, 'libs'));
  return folder;
}

function surroundings(): Record<string, string> {
  const HOME = path.join(newFolder(), 'a home with spaces');
  mkdirSync(HOME);
  const env = { HOME, KAFKA_HOME: process.env.KAFKA_HOME ?? kafkaHome() };
  onTestFinished(async () => void (await rtd(['down'], { env })));
  return env;
}

async function reports(env: Record<string, string>): Promise<z.infer<typeof Reports>> {
  const { stdout } = await rtd(['status', '--json'], { env });
  expect(stdout).not.toContain('root:root');
  return Reports.parse(JSON.parse(stdout));
}

test.skipIf(!there)('up, status, serve, down, and up again with what was kept', { timeout: 120_000 }, async () => {
  const env = surroundings();
  const up = await rtd(['up', '--native'], { env });
  expect(up.code, up.stderr).toBe(0);
  for (const name of ['mysql', 'redis', 'kafka']) {
    expect(up.stderr).toMatch(new RegExp(`${name} +starting on 127\\.0\\.0\\.1:\\d+, log in \\S`));
    expect(up.stderr).toMatch(new RegExp(`${name} +ready after \\d+\\.\\d s`));
  }
  const told = Object.fromEntries(
    [...up.stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  expect(Object.keys(told)).toEqual(['RTD_MYSQL_URL', 'RTD_REDIS_URL', 'RTD_KAFKA_BROKERS']);

  const first = await reports(env);
  expect(first.map(({ name, state, as }) => [name, state, as])).toEqual([
    ['mysql', 'up', 'process'],
    ['redis', 'up', 'process'],
    ['kafka', 'up', 'process'],
  ]);
  // Harmless to repeat.
  const again = await rtd(['up', '--native', '--json'], { env });
  const { environment, services } = JSON.parse(again.stdout);
  expect({ environment, services: Reports.parse(services) }).toEqual({ environment: told, services: first });
  expect(await reports(env)).toEqual(first);

  const words = ['serve', '--backends', 'up', '--port', '0', '--data-dir', newFolder(), '--log-format', 'json'];
  // What is up wins over a variable that says otherwise.
  await using server = start(words, { env: { ...env, RTD_REDIS_URL: 'redis://127.0.0.1:1' } });
  const [, url = ''] = await server.until(/"url":"(http:[^"]+)"/);
  const ready = await (await fetch(`${url}/readyz`)).text();
  for (const line of ['store (mysql): ok', 'bus (redis): ok', 'tick log (kafka): ok']) expect(ready).toContain(line);
  expect(server.stdout).toMatch(/RTD_MYSQL_URL=mysql:\/\/\S+@127\.0\.0\.1:\d+\/websockets_db \(rtd up\)/);
  expect(server.stdout + server.stderr).not.toContain('root:root');
  expect((await rtd(['send', 'kept'], { env: { ...env, RTD_URL: url } })).code).toBe(0);
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0 });

  expect(await rtd(['down', '--only', 'kafka'], { env })).toMatchObject({ code: 0, stdout: 'Ended: kafka.\n' });
  expect((await reports(env)).map(({ state }) => state)).toEqual(['up', 'up', 'down']);
  const down = await rtd(['down', '--json'], { env });
  expect(down).toMatchObject({ code: 0, stdout: '{"ended":["mysql","redis"]}\n' });
  // Nobody listens there any more.
  for (const { port } of first) await freePort(port ?? 0);

  expect((await rtd(['up', '--native', '--only', 'mysql'], { env })).code).toBe(0);
  await using second = start(words, { env });
  const [, secondUrl = ''] = await second.until(/"url":"(http:[^"]+)"/);
  expect((await rtd(['history'], { env: { ...env, RTD_URL: secondUrl } })).stdout).toContain('kept');
});

test.skipIf(!there)('two "rtd up" at the same moment start one service', { timeout: 60_000 }, async () => {
  const env = surroundings();
  const ended = await Promise.all([1, 2].map(() => rtd(['up', '--native', '--only', 'mysql'], { env })));
  expect(ended.map(({ code }) => code).toSorted()).toEqual([0, 1]);
  expect((await reports(env)).filter(({ state }) => state === 'up')).toHaveLength(1);
});

test.skipIf(!there).each([
  ['MySQL, and the password is wrong', 'RTD_MYSQL_URL', () => inject('mysqlUrl')],
  ['MySQL, and nobody is there', 'RTD_MYSQL_URL', () => 'mysql://root:x@127.0.0.1:9/db'],
  ['Redis, and it wants no password', 'RTD_REDIS_URL', () => inject('redisUrl')],
  ['Redis, and nobody is there', 'RTD_REDIS_URL', () => 'redis://127.0.0.1:9'],
])('no password reaches a log or an error: %s', { timeout: 60_000 }, async (_what, variable, address) => {
  const url = new URL(address() ?? '');
  url.username = 'root';
  url.password = "hun'ter2";
  await using server = start(['serve', '--port', '0', '--data-dir', newFolder(), '--log-level', 'trace'], {
    env: { [variable]: url.href, DEBUG: 'rtd' },
  });
  // Without a store it does not start; without Redis it goes on alone, and says so.
  const said = server.until(/Redis does not answer|WRONGPASS|could not start/).catch(() => undefined);
  await Promise.race([server.ended, said]);
  expect(server.stdout + server.stderr).toMatch(variable === 'RTD_MYSQL_URL' ? /MySQL|mysql/i : /redis/i);
  expect(decodeURIComponent(server.stdout + server.stderr)).not.toMatch(/hun'?ter2/);
});

/**
 * docker-compose.yml, Dockerfile and the files that they name. No engine runs here: the compose file is held to what the
 * compose specification says of every key that it uses (a key that is not here is refused), and to what RTD needs of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '@rtd/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readPlainYaml } from './plain-yaml.ts';

const ROOT = path.join(import.meta.dirname, '../../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const Duration = z.string().regex(/^(\d+(h|m|s|ms|us))+$/);
const Name = z.string().regex(/^[a-zA-Z0-9._-]+$/);
const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
/** `[address:]host:container`: the long form is not used. */
const Port = z.string().regex(/^127\.0\.0\.1:\d{1,5}:\d{1,5}$/);
const Mount = z.string().regex(/^(\.\/[\w./-]+|[a-z][a-z0-9-]*):\/[\w./-]+(:ro)?$/);

const Service = z.strictObject({
  image: z.string().regex(/^[a-z0-9/._-]+(:[\w.-]+)?$/),
  build: z.string().optional(),
  profiles: z.array(Name).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), Scalar).optional(),
  env_file: z.array(z.string()).optional(),
  ports: z.array(Port).optional(),
  volumes: z.array(Mount).optional(),
  depends_on: z
    .record(
      Name,
      z.strictObject({
        condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
        required: z.boolean().optional(),
        restart: z.union([z.boolean(), z.string()]).optional(),
      }),
    )
    .optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.enum(['CMD', 'CMD-SHELL', 'NONE'])], z.string()),
      interval: Duration,
      timeout: Duration,
      retries: z.int(),
    })
    .optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
  stop_grace_period: Duration.optional(),
});

const Compose = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  services: z.record(Name, Service),
  volumes: z.record(Name, z.null()),
});

const compose = Compose.parse(readPlainYaml(read('docker-compose.yml')));
const service = (name: string): z.infer<typeof Service> => Service.parse(compose.services[name]);

test('every volume that is mounted is declared, or is a file of the checkout; every volume that is declared is mounted', () => {
  const sources = Object.values(compose.services).flatMap(({ volumes = [] }) =>
    volumes.map((each) => each.split(':')[0]),
  );
  const named = sources.filter((source) => source?.startsWith('.') === false);
  expect([...new Set(named)].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  const files = [
    ...sources.filter((source) => source?.startsWith('.')),
    ...Object.values(compose.services).flatMap(({ env_file = [] }) => env_file),
  ];
  for (const file of files) expect(existsSync(path.join(ROOT, file ?? '')), file).toBe(true);
});

test('who waits for a health check waits for one that there is', () => {
  const ofTheImage = ['server-1', 'server-2'];
  for (const { depends_on = {} } of Object.values(compose.services)) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      if (condition === 'service_healthy' && !ofTheImage.includes(name))
        expect(service(name).healthcheck, name).toBeDefined();
    }
  }
  expect(read('Dockerfile')).toContain('/healthz');
});

test('the services alone are what a server expects by default, and the profiles add to them', () => {
  const inProfile = (profile: string | undefined): string[] =>
    Object.entries(compose.services).flatMap(([name, { profiles }]) => (profiles?.[0] === profile ? [name] : []));
  expect(inProfile(undefined)).toEqual(['mysql', 'redis', 'kafka']);
  expect(inProfile('app')).toEqual(['server-1', 'server-2', 'nginx']);
  expect(inProfile('tools')).toEqual(['kafka-ui', 'prometheus', 'grafana']);
  expect([service('mysql').ports, service('redis').ports, service('kafka').ports, service('kafka-ui').ports]).toEqual([
    ['127.0.0.1:3306:3306'],
    ['127.0.0.1:6379:6379'],
    ['127.0.0.1:29092:29092'],
    ['127.0.0.1:8090:8080'],
  ]);
  expect(service('kafka').environment?.KAFKA_ADVERTISED_LISTENERS).toContain('HOST://localhost:29092');
});

test.each(['server-1', 'server-2'])('%s is told what a server takes, and no two the same name', (name) => {
  const { env_file = [], environment = {}, stop_grace_period } = service(name);
  const lines = env_file.flatMap((file) => read(file).split('\n')).filter((line) => /^\w/.test(line));
  const env = Object.fromEntries([
    ...lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ...Object.entries(environment).map(([key, value]) => [key, String(value)]),
    // As the Dockerfile has it.
    ['RTD_HOST', '0.0.0.0'],
  ]);
  const config = parseConfig({ env, platform: 'linux', homeDirectory: '/' });
  expect(config).toMatchObject({ serverId: name, kafkaBrokers: ['kafka:9092'], redisUrl: 'redis://redis:6379' });
  expect(new URL(config.mysqlUrl ?? '').host).toBe('mysql:3306');
  expect(config.warnings.filter((warning) => warning.includes('no effect'))).toEqual([]);
  expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThan(25);
  expect(read('deploy/nginx.conf')).toContain(`server ${name}:8080 `);
  expect(read('deploy/prometheus.yml')).toContain(`"${name}:8080"`);
});

test('the image is built in stages, holds what is needed in production, and is not run by root', () => {
  const instructions = read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => line.replace(/\s+/g, ' '));
  const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
  expect(instructions.filter((line) => line.startsWith('FROM '))).toHaveLength(4);
  expect(last).toContain('USER node');
  expect(last).toContain('ENTRYPOINT ["rtd-server"]');
  expect(last.find((line) => line.startsWith('HEALTHCHECK '))).toContain('/healthz');
  expect(last.some((line) => line.startsWith('RUN npm'))).toBe(false);
  const { workspaces } = z.object({ workspaces: z.array(z.string()) }).parse(JSON.parse(read('package.json')));
  // npm ci takes a lock file only together with every workspace that it was made for.
  for (const workspace of workspaces) expect(instructions).toContain(`COPY ${workspace}/package.json ${workspace}/`);
  const fromCheckout = instructions.filter((line) => line.startsWith('COPY ') && !line.startsWith('COPY --from'));
  for (const source of fromCheckout.flatMap((line) => line.split(' ').slice(1, -1)))
    expect(existsSync(path.join(ROOT, source)), source).toBe(true);
});

test('our other YAML files can be read', () => {
  for (const file of ['deploy/prometheus.yml', 'deploy/grafana/provisioning/datasources/prometheus.yml'])
    expect(readPlainYaml(read(file))).toBeTypeOf('object');
  expect(() => readPlainYaml('a: &anchor b')).toThrow('line 1');
  expect(() => readPlainYaml('a: b\n   c: d')).toThrow('line 2');
});

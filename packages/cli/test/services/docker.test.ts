/** `rtd up` and the others where Docker answers: a docker of the test's own, which notes what it is asked. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newFolder, rtd } from '../running.ts';

const MYSQL = {
  ID: 'aaaaaaaaaaaabbbb',
  Service: 'mysql',
  State: 'running',
  Health: 'healthy',
  Publishers: [{ PublishedPort: 0 }, { PublishedPort: 3306 }],
};
const REDIS = { ID: 'ccccccccccccdddd', Service: 'redis', State: 'running', Health: 'starting', Publishers: [] };
const GONE = { ID: 'eeeeeeeeeeeeffff', Service: 'kafka', State: 'exited', Health: '', Publishers: null };
const OTHER = { ID: '111111111111', Service: 'proxy', State: 'running', Health: '', Publishers: null };

interface Docker {
  readonly env: Record<string, string>;
  asked(): string[];
}

/** `daemon`: whether one answers; `listing`: what `compose ps` writes; `up`: what `compose up` does. */
function docker({ daemon = true, listing = '', up = 'exit 0' }): Docker {
  const folder = newFolder();
  const asked = path.join(folder, 'asked.txt');
  writeFileSync(path.join(folder, 'listing.txt'), listing);
  writeFileSync(
    path.join(folder, 'docker'),
    `#!/bin/sh
echo "$*" >> ${asked}
case "$*" in
  info*) ${daemon ? 'echo 28.0.0' : 'echo "Cannot connect to the Docker daemon" >&2; exit 1'} ;;
  *" ps "*) cat ${folder}/listing.txt ;;
  *" up "*) ${up} ;;
esac
`,
  );
  chmodSync(path.join(folder, 'docker'), 0o755);
  return {
    env: { PATH: `${folder}:/usr/bin:/bin` },
    asked: () => (existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : []),
  };
}

test('up starts the services of the compose file, waits until they are healthy, and says what a server must be told', async () => {
  const { env, asked } = docker({
    listing: JSON.stringify(MYSQL),
    up: "echo ' Container rtd-mysql-1  Started' >&2; echo ' Container rtd-mysql-1  Healthy' >&2",
  });
  const { code, stdout, stderr } = await rtd(['up', '--only', 'mysql'], { env });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'export RTD_MYSQL_URL=mysql://root:root@127.0.0.1:3306/websockets_db\n',
  });
  expect(stderr).toMatch(/mysql {2}starting as a container, log by "docker compose --file .* logs mysql"/);
  expect(stderr).toMatch(/mysql {2}container started\n(.|\n)*mysql {2}container healthy\n(.|\n)*mysql {2}ready after/);
  const up = asked().find((words) => words.includes(' up '));
  expect(up).toMatch(/^compose --file \S+docker-compose\.yml --progress plain up --detach --wait .*\bmysql$/);
});

test.each([
  ['one object a line', (all: object[]) => all.map((each) => JSON.stringify(each)).join('\n')],
  ['one array', (all: object[]) => JSON.stringify(all)],
])('status knows containers, as docker lists them: %s', async (_what, write) => {
  const { env } = docker({ listing: write([MYSQL, REDIS, GONE, OTHER]) });
  const { code, stdout } = await rtd(['status', '--json'], { env });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual([
    {
      name: 'mysql',
      state: 'up',
      as: 'container',
      pid: null,
      container: 'aaaaaaaaaaaa',
      port: 3306,
      url: 'mysql://root@127.0.0.1:3306/websockets_db',
      log: expect.stringMatching(/^docker compose --file \S+ logs mysql$/),
    },
    expect.objectContaining({ name: 'redis', state: 'starting', container: 'cccccccccccc', url: null }),
    expect.objectContaining({ name: 'kafka', state: 'down', as: null, container: null }),
  ]);
});

test('down ends and removes our containers, and no other', async () => {
  const { env, asked } = docker({ listing: JSON.stringify([MYSQL, REDIS, GONE, OTHER]) });
  expect(await rtd(['down'], { env })).toMatchObject({ code: 0, stdout: 'Ended: mysql, redis.\n' });
  expect(asked().filter((words) => words.includes(' rm '))).toEqual([
    expect.stringMatching(/^compose --file \S+ rm --stop --force mysql redis$/),
  ]);
  expect(asked().join('\n')).not.toMatch(/ down| -v|volumes|prune/);
});

test('what compose says when it fails is passed on, with the way out', async () => {
  const { env } = docker({ up: "echo 'Bind for 127.0.0.1:3306 failed: port is already allocated' >&2; exit 1" });
  const { code, stdout, stderr } = await rtd(['up', '--only', 'mysql'], { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('port is already allocated');
  expect(stderr).toContain('rtd up --native');
});

test('an answer of docker that is not understood is said in a line', async () => {
  const { env } = docker({ listing: 'NAME   SERVICE\n' });
  const { code, stderr } = await rtd(['status'], { env });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^rtd: docker compose ps answers in a way that is not known.*\n$/);
});

test.each([
  ['no daemon answers', { daemon: false }, []],
  ['it is not wanted', {}, ['--native']],
])('the native way is taken where %s', async (_what, how, words) => {
  const { env, asked } = docker(how);
  // Without a redis-server on the search path, which shows that this is where it went.
  const alone = { PATH: env.PATH?.split(':')[0] ?? '' };
  const { code, stderr } = await rtd(['up', '--only', 'redis', ...words], { env: alone });
  expect(code).toBe(1);
  expect(stderr).toContain('Redis cannot be started');
  expect(asked().some((line) => line.includes(' up '))).toBe(false);
});

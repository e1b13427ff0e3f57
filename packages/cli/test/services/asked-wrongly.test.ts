/** `rtd up`, `down`, `status` and `serve --backends up` where they cannot do what they are asked. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lockFolder } from '@rtd/server';
import { expect, test } from 'vitest';
import { newFolder, rtd } from '../running.ts';

/** No program is on this search path; where servers usually are (`/usr/sbin`) is looked at all the same. */
const NOWHERE = { PATH: '/nowhere' };

test.each<[string[], RegExp]>([
  [['up', '--only', 'postgres'], /--only takes mysql, redis, kafka, with commas between them, not "postgres"/],
  [['up', '--only', 'mysql,redsi'], /not "redsi"/],
  [['down', '--only', ''], /--only takes/],
  [['status', '--jsn'], /no option --jsn\. Did you mean --json\?/],
  [['serve', '--backends', 'down'], /backends.*up/],
])('rtd %j: exit code 2 and one line', async (words, says) => {
  const { code, stdout, stderr } = await rtd(words, { env: NOWHERE });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
  expect(stderr).toMatch(says);
});

test('a program that is missing is one line that says what to install', async () => {
  const { code, stdout, stderr } = await rtd(['up', '--native', '--only', 'redis,kafka'], { env: NOWHERE });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  const failures = stderr.split('\n').filter((line) => line.includes('cannot be started'));
  expect(failures).toEqual([
    expect.stringMatching(/^rtd: Redis .*`redis-server` is not installed.*apt-get install redis-server/),
    expect.stringMatching(/^rtd: Kafka .*`java` is not installed.*apt-get install openjdk-17/),
  ]);
});

test('one "rtd up" at a time', async () => {
  const dataDir = newFolder();
  const folder = path.join(dataDir, 'services');
  mkdirSync(folder);
  const lock = lockFolder(folder);
  try {
    const { code, stderr } = await rtd(['up', '--native'], { env: { ...NOWHERE, RTD_DATA_DIR: dataDir } });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'rtd: Another "rtd up" is at work right now: wait for it to end.\n',
    });
  } finally {
    lock.release();
  }
});

test('a folder that cannot be made is said', async () => {
  const file = path.join(newFolder(), 'file');
  writeFileSync(file, '');
  const { code, stderr } = await rtd(['up', '--native'], { env: { ...NOWHERE, RTD_DATA_DIR: file } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^rtd: The folder for the services, \S+, cannot be written to.*RTD_DATA_DIR\.\n$/);
});

test('serve --backends up where nothing is up', async () => {
  const { code, stdout, stderr } = await rtd(['serve', '--backends', 'up', '--port', '0'], { env: NOWHERE });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^rtd: Nothing is up.*"rtd up".*\n$/);
});

test('status and down where nothing is up', async () => {
  expect(await rtd(['down'], { env: NOWHERE })).toMatchObject({ code: 0, stdout: 'Nothing was up.\n', stderr: '' });
  const { code, stdout } = await rtd(['status'], { env: NOWHERE });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'mysql  down\nredis  down\nkafka  down\n' });
});

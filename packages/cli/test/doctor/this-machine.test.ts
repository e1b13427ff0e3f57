/** Breaks one thing of this machine at a time. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { BIN, newFolder, rtd, serve, webServer } from '../running.ts';
import { examine } from './examined.ts';

const MACHINE = ['--only', 'machine'];

test('on a machine where all is well nothing fails', async () => {
  const { code, failed, passed } = await examine(MACHINE);
  expect({ code, failed }).toEqual({ code: 0, failed: [] });
  for (const id of ['node', 'settings', 'data-folder', 'disk', 'clock', 'open-files']) expect(passed).toContain(id);
});

test('the data folder is missing: a warning, --fix makes it, for this user alone, and says so', async () => {
  const folder = path.join(newFolder(), 'not', 'there');
  const env = { RTD_DATA_DIR: folder };
  const before = await examine(MACHINE, { env });
  expect({ code: before.code, failed: before.failed }).toEqual({ code: 0, failed: [] });
  expect(before.check('data-folder')).toMatchObject({ status: 'warn', fix: 'rtd doctor --fix' });
  expect(existsSync(folder)).toBe(false);

  const after = await examine([...MACHINE, '--fix'], { env });
  expect({ code: after.code, failed: after.failed }).toEqual({ code: 0, failed: [] });
  expect(after.check('data-folder')).toMatchObject({ status: 'pass', fixed: `made the folder ${folder}` });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('the data folder is a file, which --fix leaves alone', async () => {
  const file = path.join(newFolder(), 'file');
  writeFileSync(file, 'mine');
  const { failed, check } = await examine([...MACHINE, '--fix'], { env: { RTD_DATA_DIR: path.join(file, 'data') } });
  expect(failed).toEqual(['data-folder']);
  expect(check('data-folder')).toMatchObject({ evidence: { answered: 'ENOTDIR' }, fixed: null });
});

test('the data folder is where nothing can be written', async () => {
  const { failed } = await examine([...MACHINE, '--fix'], { env: { RTD_DATA_DIR: '/proc/rtd' } });
  expect(failed).toEqual(['data-folder']);
});

/** Only root may, and not in every container. */
function mounted(options: string): { folder: string; unmount: () => void } | undefined {
  const folder = newFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return { folder, unmount: () => execFileSync('umount', [folder]) };
}

test('the folder is on a disk that is full', async ({ skip }) => {
  const disk = mounted('size=128k');
  if (disk === undefined) return skip('this user may not mount');
  try {
    execFileSync('sh', ['-c', `head -c 200000 /dev/zero > ${disk.folder}/full 2>/dev/null || true`], {
      stdio: 'ignore',
    });
    const { failed, check } = await examine(MACHINE, { env: { RTD_DATA_DIR: disk.folder } });
    expect(failed).toEqual(['data-folder', 'disk']);
    expect(check('data-folder').evidence.answered).toBe('ENOSPC');
  } finally {
    disk.unmount();
  }
});

test('the folder is on a disk that is read-only', async ({ skip }) => {
  const disk = mounted('size=200m,ro');
  if (disk === undefined) return skip('this user may not mount');
  try {
    const { failed, check } = await examine(MACHINE, { env: { RTD_DATA_DIR: disk.folder } });
    expect(failed).toEqual(['data-folder']);
    expect(check('data-folder').evidence.answered).toBe('EROFS');
  } finally {
    disk.unmount();
  }
});

test('another program has the port: which one is named', async () => {
  await using other = await webServer();
  const { failed, check } = await examine(MACHINE, { env: { RTD_PORT: String(other.port) } });
  expect(failed).toEqual(['port']);
  expect(check('port').evidence.answered).toMatch(new RegExp(`port ${other.port} is taken by pid ${process.pid}:`));
  expect(check('port').fix).toContain(`--port ${other.port + 1}`);
});

test('the server that is looked at has the port: that is as it should be', async () => {
  await using server = await serve();
  const port = new URL(server.url).port;
  const { check } = await examine([...MACHINE, '--url', server.url], { env: { RTD_PORT: port } });
  expect(check('port')).toMatchObject({
    status: 'pass',
    evidence: { answered: expect.stringContaining(`pid ${server.child.pid}:`) },
  });
});

test('too few files may be open', async () => {
  const limited = spawn(
    'sh',
    ['-c', 'ulimit -n 512 && exec "$0" "$@"', process.execPath, BIN, 'doctor', '--json', '--only', 'machine'],
    {
      env: { PATH: process.env.PATH ?? '', HOME: newFolder(), RTD_DATA_DIR: newFolder(), RTD_PORT: '0' },
    },
  );
  let text = '';
  for await (const chunk of limited.stdout) text += String(chunk);
  const report: { checks: { id: string; status: string; evidence: { answered: string } }[] } = JSON.parse(text);
  expect(report.checks.filter(({ status }) => status === 'fail')).toMatchObject([
    { id: 'open-files', evidence: { answered: 'at most 512 open files' } },
  ]);
});

test('more connections are expected than files may be open', async () => {
  const { code, warned, check } = await examine([...MACHINE, '--connections', '9000000']);
  expect({ code, warned }).toEqual({ code: 0, warned: ['open-files'] });
  expect(check('open-files').fix).toContain('ulimit -n 9000200');
});

test('settings with which no server would start, told without the secret', async () => {
  const { failed, check, text } = await examine(MACHINE, {
    env: { RTD_HOST: '0.0.0.0', RTD_JWT_SECRET: 'xyzzy-not-long' },
  });
  expect(failed).toEqual(['settings']);
  expect(check('settings').evidence.answered).toMatch(/RTD_/);
  expect(text).not.toContain('xyzzy');
});

test('of a server on another machine, nothing of this one is looked at', async () => {
  const { check } = await examine([...MACHINE, '--url', 'http://192.0.2.1:8080']);
  for (const id of ['data-folder', 'port', 'open-files'])
    expect(check(id)).toMatchObject({ status: 'skip', meaning: expect.stringContaining('another machine') });
});

test('the lines for people: marks, evidence of what fails, no colours where there is no terminal, the verdict last', async () => {
  const folder = '/proc/rtd';
  const { code, stdout, stderr } = await rtd(['doctor', ...MACHINE], { env: { RTD_DATA_DIR: folder, RTD_PORT: '0' } });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is the point
  expect(stdout).not.toMatch(/\x1b/);
  expect(stdout).toContain('✔ node');
  expect(stdout).toMatch(
    /✖ data-folder .*\n {6}asked .*\n {6}answered ENOENT.*\n {6}fix {6}export RTD_DATA_DIR=.*\n {6}see {6}docs\/troubleshooting\.md#data-folder/,
  );
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^✖ data-folder fails: .*\(1 failed, \d+ passed/);
});

test('asked wrongly: exit code 2 and a suggestion', async () => {
  const typo = await rtd(['doctor', '--only', 'ws-upgrad']);
  expect(typo.code).toBe(2);
  expect(typo.stderr).toMatch(/no check "ws-upgrad"\. Did you mean ws-upgrade\?/);
  expect((await rtd(['doctor', '--url', 'ftp://x'])).code).toBe(2);
  const inUrl = await rtd(['doctor', '--url', 'http://bob:hunter22@127.0.0.1']);
  expect(inUrl.code).toBe(2);
  expect(inUrl.stderr).not.toContain('hunter22');
});

test('a folder whose name no shell likes', async () => {
  const folder = path.join(newFolder(), 'with space & "quotes"');
  mkdirSync(folder);
  expect((await examine(MACHINE, { env: { RTD_DATA_DIR: folder } })).failed).toEqual([]);
});

test('Java is there, and nothing that brings Kafka: programs warns, until KAFKA_HOME names one', async () => {
  const folder = newFolder();
  for (const name of ['mariadbd', 'redis-server', 'java']) writeFileSync(path.join(folder, name), '', { mode: 0o755 });
  const env = { PATH: folder, RTD_KAFKA_BROKERS: '127.0.0.1:9', KAFKA_HOME: '' };
  const without = await examine(['--only', 'programs'], { env });
  expect(without.check('programs')).toMatchObject({ status: 'warn', fix: 'sudo apt-get install maven' });
  const named = await examine(['--only', 'programs'], { env: { ...env, KAFKA_HOME: '/opt/kafka' } });
  expect(named.check('programs').status).toBe('pass');
});

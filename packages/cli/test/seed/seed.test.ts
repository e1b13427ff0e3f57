/** `rtd seed` into the files of a data folder. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newFolder, rtd, serve } from '../running.ts';
import { look } from './seeded.ts';

const SMALL = ['seed', '--users', '12', '--messages', '300', '--ticks', '2000'];

test('it fills an empty folder, and repeating it stores nothing twice', async () => {
  const dataDir = newFolder();
  const first = await rtd([...SMALL, '--data-dir', dataDir]);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain(`messages: ${path.join(dataDir, 'messages.db')}\n`);
  expect(first.stdout).toMatch(
    /12 people in 3 rooms, 3 new\n300 messages, 300 new\n\d+ read marks\n[12],?\d{3} ticks\n/,
  );
  const before = await look({ dataDir });
  expect(before.messages.length).toBeGreaterThan(100);
  expect(before.messages.map(({ seq }) => seq)).toEqual(before.messages.map((_, index) => index + 1));
  expect(before.conversations.filter(({ kind }) => kind === 'group' || kind === 'public')).toHaveLength(3);
  expect(before.conversations.some(({ kind }) => kind === 'direct')).toBe(true);
  expect(before.symbols).toHaveLength(8);
  expect(before.hours).toBeGreaterThanOrEqual(24);

  const second = await rtd([...SMALL, '--data-dir', dataDir]);
  expect(second.code).toBe(0);
  expect(second.stdout).toMatch(/3 rooms, 0 new\n300 messages, 0 new\n/);
  expect(second.stdout).toContain('ticks: there are some already');
  const third = await rtd([...SMALL, '--data-dir', dataDir, '--json']);
  expect(third.stdout).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(third.stdout)).toMatchObject({
    places: { messages: path.join(dataDir, 'messages.db'), ticks: path.join(dataDir, 'ticks.db') },
    rooms: { all: 3, new: 0 },
    messages: { all: 300, new: 0 },
    ticks: { new: 0 },
    complete: true,
  });
  expect(await look({ dataDir })).toEqual(before);
}, 60_000);

test('the same seed gives the same ids elsewhere, another one gives others', async () => {
  const [one, two, other] = [newFolder(), newFolder(), newFolder()];
  const seeding = (dataDir: string, seed: string) => rtd([...SMALL, '--data-dir', dataDir, '--seed', seed]);
  await Promise.all([seeding(one, 'x'), seeding(two, 'x'), seeding(other, 'y')]);
  const ids = async (dataDir: string) => (await look({ dataDir })).messages.map(({ id, seq }) => `${seq} ${id}`);
  const expected = await ids(one);
  expect(expected.length).toBeGreaterThan(100);
  expect(await ids(two)).toEqual(expected);
  for (const id of await ids(other)) expect(expected).not.toContain(id);
}, 60_000);

test('--reset removes what is there, and only where it was said that it may', async () => {
  const dataDir = newFolder();
  await rtd(['seed', '--messages', '50', '--ticks', '8', '--data-dir', dataDir]);
  mkdirSync(path.join(dataDir, 'services'));
  writeFileSync(path.join(dataDir, 'services', 'mine'), '');
  const refused = await rtd(['seed', '--reset', '--data-dir', dataDir]);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(/^rtd: --reset removes every message and tick.*--yes.*\n$/);
  const before = (await look({ dataDir })).messages.length;
  expect(before).toBeGreaterThan(10);
  const done = await rtd([...SMALL, '--reset', '--yes', '--data-dir', dataDir]);
  expect(done.stdout).toMatch(/300 messages, 300 new/);
  expect((await look({ dataDir })).hours).toBeGreaterThanOrEqual(24);
  expect(existsSync(path.join(dataDir, 'services', 'mine'))).toBe(true);
}, 60_000);

test('a folder whose server runs is left alone', async () => {
  await using server = await serve();
  const { code, stdout, stderr } = await rtd(['seed', '--reset', '--yes', '--data-dir', server.dataDir]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^rtd: .*in use by another server.*\n$/);
});

test.each<[string[], RegExp]>([
  [['--users', '1'], /--users takes a number of people from 2 to 5000/],
  [['--messages', '-1'], /--messages/],
  [['--seed', 'a b'], /--seed takes up to 24 letters/],
  [['--seed', ''], /--seed takes/],
  [['--rest'], /no option --rest\. Did you mean --reset\?/],
])('rtd seed %j: exit code 2 and one line', async (words, says) => {
  const { code, stdout, stderr } = await rtd(['seed', ...words]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
  expect(stderr).toMatch(says);
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClientMessageId } from '@rtd/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Device, takeDevice } from './device-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rtd-device-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entry = (id: string) => ({
  clientMessageId: ClientMessageId.parse(id),
  content: id,
  createdAt: '2026-11-21T12:00:00.000Z',
});
const idsIn = async (device: Device): Promise<string[]> =>
  (await device.outbox.load()).map(({ clientMessageId }) => clientMessageId);

async function take(userId = 'alice', server = 'http://here'): Promise<Device> {
  const device = await takeDevice(folder, server, userId);
  if (device === undefined) throw new Error('every number is taken');
  return device;
}

it('two terminals of a user at once are two devices that share no file; the next one has the number that is free', async () => {
  const [first, second] = [await take(), await take()];
  expect([first.name, second.name]).toEqual(['terminal', 'terminal-2']);
  await first.outbox.save([entry('a')]);
  await second.outbox.save([entry('b')]);
  expect(await idsIn(first)).toEqual(['a']);
  expect(await idsIn(second)).toEqual(['b']);
  first.release();
  const third = await take();
  expect(third.name).toBe('terminal');
  expect(await idsIn(third)).toEqual(['a']);
  second.release();
  third.release();
});

it('what a terminal that is gone has left is taken along, once', async () => {
  const [first, second] = [await take(), await take()];
  await first.outbox.save([entry('a')]);
  await second.outbox.save([entry('b')]);
  first.release();
  second.release();
  const next = await take();
  expect(await idsIn(next)).toEqual(['a', 'b']);
  const beside = await take();
  expect(await idsIn(beside)).toEqual([]);
  next.release();
  beside.release();
  const again = await take();
  expect(await idsIn(again)).toEqual(['a', 'b']);
  again.release();
});

it('users and servers are kept apart, also where their names differ by case only', async () => {
  const all = [await take('alice'), await take('Alice'), await take('alice', 'http://there')];
  expect(all.map(({ name }) => name)).toEqual(['terminal', 'terminal', 'terminal']);
  expect((await readdir(folder)).length).toBe(3);
  for (const device of all) device.release();
});

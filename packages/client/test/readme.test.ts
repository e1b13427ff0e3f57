/** The README's programs run as they stand there, but for the address. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, vi } from 'vitest';
import { createHttpApi } from '../src/index.ts';
import { closedAfterTest } from './closing.ts';
import { startTestServer } from './test-server.ts';

async function programs(): Promise<string[]> {
  const readme = await readFile(path.join(import.meta.dirname, '../README.md'), 'utf8');
  return [...readme.matchAll(/^```ts\n(?<program>.*?)^```$/gms)].map(({ groups }) => groups?.program ?? '');
}

/** Runs it under Node on the sources; its lines as they come. */
function run(program: string): { lines: string[]; errors: string[]; ended: Promise<number | null> } {
  const args = ['--conditions=source', '--input-type=module-typescript', '--eval', program];
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] });
  closedAfterTest({ close: () => child.kill() });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return { lines, errors, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

it('the first example chats and shows prices', async () => {
  const server = closedAfterTest(await startTestServer());
  await server.tick(100);
  await server.say('anybody here?', 'ben');
  const [example = ''] = await programs();
  const { lines, errors } = run(example.replaceAll('http://127.0.0.1:8080', server.url));
  await vi.waitFor(() => expect(lines).toContain('1 prices to begin with'), { timeout: 10_000 });
  await server.tick(101);
  await vi.waitFor(() => expect(lines).toContain('BTC 101'), { timeout: 5_000 });
  await vi.waitFor(() =>
    expect(lines).toEqual(
      expect.arrayContaining(['chat is live', 'ben: anybody here?', 'ana: Hello, everybody!', 'stored as number 2']),
    ),
  );
  expect(errors).toEqual([]);
});

it('the example with a file sends what the last program did not', async () => {
  const server = closedAfterTest(await startTestServer());
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-readme-'));
  closedAfterTest({ close: () => rm(folder, { recursive: true }) });
  const file = path.join(folder, 'outbox.json');
  const [, example = ''] = await programs();
  const here = example.replace('/var/lib/my-program/outbox.json', file);
  const before = run(`${here.replace('http://127.0.0.1:8080', 'http://127.0.0.1:1')}
    chat.send({ content: 'later' });
    await chat.close();`);
  expect([await before.ended, before.errors]).toEqual([0, []]);
  const after = run(`${here.replace('http://127.0.0.1:8080', server.url)}
    await new Promise((resolve) => chat.on('outgoing', ({ state }) => state.kind === 'sent' && resolve()));
    await chat.close();`);
  expect([await after.ended, after.errors]).toEqual([0, []]);
  const { messages } = await createHttpApi({ url: server.url }).history();
  expect(messages.map(({ senderId, content }) => `${senderId}: ${content}`)).toEqual(['ana: later']);
});

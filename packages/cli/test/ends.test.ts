/** That programs end: nothing that they have opened keeps their process. Other tests call them within their own. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Hosted, host } from './hosted.ts';
import { newFolder, start } from './running.ts';

let server: Hosted;
beforeAll(async () => {
  server = await host();
});
afterAll(() => server[Symbol.asyncDispose]());

test.each([
  'send hello',
  'history',
  'simulate --duration 1 --rate 50',
  'replay --speed max',
  'explain ws',
  'doctor --only network',
  'bench fanout --connections 5 --duration 1',
])('rtd %s', async (line) => {
  await using running = start([...line.split(' '), '--url', server.url]);
  expect(await running.ended).toMatchObject({ code: 0, signal: undefined });
});

test('rtd seed', async () => {
  await using running = start(['seed', '--messages', '20', '--ticks', '8', '--data-dir', newFolder()]);
  expect(await running.ended).toMatchObject({ code: 0, signal: undefined });
});

test.each(['watch chat', 'watch market', 'replay', 'simulate'])(
  'rtd %s, interrupted while a server does not answer: 130, and not a word',
  async (line) => {
    const silent = createServer();
    const asked = once(silent, 'connection');
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await using running = start([...line.split(' '), '--url', `http://127.0.0.1:${port}`]);
    await asked;
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stdout: '', stderr: '' });
    silent.close();
  },
);

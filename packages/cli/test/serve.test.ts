import { once } from 'node:events';
import { connect } from 'node:net';
import { type ChatMessage, HistoryPage } from '@rtd/protocol';
import { expect, test } from 'vitest';
import { newFolder, rtd, serve, start } from './running.ts';

test('it logs lines of JSON where nobody looks, and serves with what the options say', async () => {
  await using server = await serve({ env: { RTD_SERVER_ID: 'blue' } });
  const health: unknown = await (await fetch(`${server.url}/api/websocket/health`)).json();
  expect(health).toMatchObject({ status: 'UP', serverId: 'blue' });
  for (const line of server.stdout.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
});

test('a flag wins over the variable', async () => {
  await using server = start(['serve', '--port', '0', '--data-dir', newFolder(), '--server-id', 'green'], {
    env: { RTD_SERVER_ID: 'blue' },
  });
  await server.until(/"serverId":"green"/);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s lets everybody go in order, and exits with 0', async (signal) => {
  await using server = await serve();
  await using watch = start(['watch', 'chat'], { env: { RTD_URL: server.url } });
  await expect
    .poll(async () => await (await fetch(`${server.url}/api/websocket/health`)).text(), { timeout: 15_000 })
    .toContain('"activeConnections":1');
  server.child.kill(signal);
  expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  await watch.until(/Next try/);
});

test('a reader of its log that goes away ends it quietly', async () => {
  await using server = await serve({ env: { RTD_LOG_LEVEL: 'debug' } });
  server.child.stdout.destroy();
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
});

test('a second Ctrl-C ends it at once, whoever does not want to leave', async () => {
  await using server = await serve();
  const { port } = new URL(server.url);
  // Shakes hands, and then neither reads nor answers any more.
  const stubborn = connect(Number(port), '127.0.0.1');
  const upgrade = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
  ];
  stubborn.write([`GET /ws HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...upgrade, '', ''].join('\r\n'));
  await once(stubborn, 'data');
  stubborn.pause();
  server.child.kill('SIGINT');
  await server.until(/Ctrl-C once more/);
  const began = Date.now();
  server.child.kill('SIGINT');
  expect(await server.ended).toMatchObject({ code: 130, stderr: '' });
  expect(Date.now() - began).toBeLessThan(1_000);
  stubborn.destroy();
});

test('kill -9 under load keeps every message that rtd send has said is stored, and seqs stay dense', async () => {
  await using first = await serve();
  const port = Number(new URL(first.url).port);
  const senders = ['ann', 'ben', 'cem'].map((name) => {
    const lines = Array.from({ length: 200 }, (_, index) => `${name} ${index}`);
    const words = ['send', '-', '--json', '--name', name, '--timeout', '2'];
    return start(words, { env: { RTD_URL: first.url }, input: `${lines.join('\n')}\n` });
  });
  for (const sender of senders) await sender.until(/(.*\n){15}/);
  first.child.kill('SIGKILL');
  await first.ended;
  // None of them may call it a success.
  for (const sender of senders) expect(await sender.ended).toMatchObject({ code: 1 });
  await using second = await serve({ port, dataDir: first.dataDir });
  const response = await fetch(`${second.url}/api/chat/history?limit=500`);
  const { messages } = HistoryPage.parse(await response.json());
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  const kept = new Map(messages.map((message) => [message.id, message]));
  const acknowledged = senders.flatMap(({ stdout }) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line): ChatMessage => JSON.parse(line)),
  );
  expect(acknowledged.length).toBeGreaterThanOrEqual(45);
  for (const message of acknowledged) expect(kept.get(message.id)).toEqual(message);
}, 60_000);

test('rtd send keeps trying over a restart of the server, and stores the message once', async () => {
  await using first = await serve();
  const port = Number(new URL(first.url).port);
  await using sender = start(['send', '-', '--json', '--name', 'ann'], { env: { RTD_URL: first.url }, input: 'open' });
  sender.child.stdin.write('before\n');
  await sender.until(/before/);
  first.child.kill('SIGKILL');
  await first.ended;
  sender.child.stdin.end('after\n');
  await using second = await serve({ port, dataDir: first.dataDir });
  expect((await sender.ended).code).toBe(0);
  const { stdout } = await rtd(['history', '--json'], { env: { RTD_URL: second.url } });
  expect(stdout.match(/"content":"after"/g)).toHaveLength(1);
}, 40_000);

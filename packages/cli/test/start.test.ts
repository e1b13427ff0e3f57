import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newFolder, start, webServer } from './running.ts';

test('without a terminal it says where everything is, and there are prices and bots within seconds', async () => {
  await using all = start(['start', '--port', '0', '--data-dir', newFolder()]);
  const [, url = ''] = await all.until(/RTD is running at (http:\S+)/);
  await all.until(/Ctrl-C ends it/);
  expect(all.stdout.match(/^ {2}curl /gm)).toHaveLength(2);
  const symbols = async (): Promise<number> => {
    const board: unknown = await (await fetch(`${url}/api/market/snapshot`)).json();
    return Array.isArray(board) ? board.length : 0;
  };
  await expect.poll(symbols, { timeout: 10_000 }).toBe(8);
  const said = async (): Promise<string> => (await fetch(`${url}/api/chat/history`)).text();
  await expect.poll(said, { timeout: 15_000 }).toMatch(/"senderId":"\w+\.bot"/);
  all.child.kill('SIGINT');
  expect(await all.ended).toMatchObject({ code: 0, stderr: '' });
}, 30_000);

test('the two lines that it gives to try do what they say', async () => {
  await using all = start(['start', '--port', '0', '--no-bots', '--data-dir', newFolder()]);
  await all.until(/Ctrl-C ends it/);
  const [, stream = ''] = /curl -N "([^"]+)"/.exec(all.stdout) ?? [];
  const [, post = '', body = ''] = /curl -X POST (\S+) .*-d '([^']+)'/.exec(all.stdout) ?? [];
  const said = await fetch(post, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': 'me' },
    body,
  });
  expect(said.status).toBe(201);
  const ended = new AbortController();
  const events = await fetch(stream, { signal: ended.signal });
  let text = '';
  for await (const chunk of events.body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('event: market-tick')) break;
  }
  expect(text).toContain('"symbol":"BTC"');
  ended.abort();
});

test('a port that is taken is no reason not to start: it takes the next free one, and says so', async () => {
  await using other = await webServer();
  await using all = start(['start', '--port', String(other.port), '--no-bots', '--data-dir', newFolder()]);
  await all.until(/Ctrl-C ends it/);
  expect(all.stdout).toMatch(new RegExp(`^Port ${other.port} is in use, so this is at port \\d+`));
  expect(all.stdout).not.toContain(`RTD is running at ${other.url}\n`);
});

test('a second one beside the first works, too, and says where it keeps its data', async () => {
  const env = { XDG_DATA_HOME: newFolder() };
  await using first = start(['start', '--port', '0', '--no-bots'], { env });
  await first.until(/Ctrl-C ends it/);
  await using second = start(['start', '--port', '0', '--no-bots'], { env });
  await second.until(/Ctrl-C ends it/);
  expect(second.stdout).toMatch(
    /^Another server has the data folder .*\/rtd, so this one keeps its own in .*\/rtd-2\n/,
  );
});

test('what the server logs is in a file, and not on the screen', async () => {
  const dataDir = newFolder();
  await using all = start(['start', '--port', '0', '--no-bots', '--data-dir', dataDir]);
  await all.until(/Ctrl-C ends it/);
  expect(readFileSync(path.join(dataDir, 'server.log'), 'utf8')).toContain('listening on');
  expect(all.stdout).not.toContain('listening on');
});

test('with a rate of 0 the market stands still', async () => {
  const dataDir = newFolder();
  await using all = start(['start', '--port', '0', '--no-bots', '--rate', '0', '--json', '--data-dir', dataDir]);
  await all.until(/\n/);
  const { url, ...places } = JSON.parse(all.stdout);
  expect(places).toEqual({ dataDir, logFile: path.join(dataDir, 'server.log'), notes: [] });
  expect(await (await fetch(`${url}/api/market/snapshot`)).json()).toEqual([]);
});

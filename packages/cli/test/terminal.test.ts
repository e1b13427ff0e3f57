/** What only happens on a terminal: a real pseudo-terminal, read by a real terminal's parser. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import { createHttpApi } from '@rtd/client';
import { Terminal } from '@xterm/headless';
import { expect, test } from 'vitest';
import { BIN, newFolder, rtd, serve, webServer } from './running.ts';

interface Screen extends Disposable {
  /** What a person sees right now. */
  text(): string;
  /** All that was written to it. */
  bytes(): string;
  type(keys: string): void;
  readonly exitCode: Promise<number>;
}

function screen(words: readonly string[], env: Record<string, string> = {}): Screen & { kill(signal: string): void } {
  const size = { cols: 120, rows: 36 };
  const terminal = new Terminal({ ...size, allowProposedApi: true });
  const pty: IPty = spawn(process.execPath, [BIN, ...words], {
    ...size,
    name: 'xterm-256color',
    env: { PATH: process.env.PATH ?? '', HOME: newFolder(), TZ: 'UTC', TERM: 'xterm-256color', ...env },
  });
  let bytes = '';
  pty.onData((data) => {
    bytes += data;
    terminal.write(data);
  });
  const exitCode = new Promise<number>((resolve) => {
    // Once all that it has written is on the screen.
    pty.onExit((exit) => terminal.write('', () => resolve(exit.exitCode)));
  });
  let running = true;
  void exitCode.then(() => {
    running = false;
  });
  return {
    text: () => {
      const { active } = terminal.buffer;
      const lines = Array.from(
        { length: active.length },
        (_, row) => active.getLine(row)?.translateToString(true) ?? '',
      );
      return lines.join('\n').trimEnd();
    },
    bytes: () => bytes,
    type: (keys) => pty.write(keys),
    kill: (signal) => pty.kill(signal),
    exitCode,
    [Symbol.dispose]: () => {
      if (running) pty.kill('SIGKILL');
      terminal.dispose();
    },
  };
}

const soon = { timeout: 15_000, interval: 100 };

test('rtd start: prices, bots who speak, an answer to what one types, and Ctrl-C leaves the terminal as it was', async () => {
  const dataDir = newFolder();
  using view = screen(['start', '--port', '0', '--data-dir', dataDir, '--name', 'alice']);
  await expect.poll(view.text, soon).toMatch(/BTC +[\d,]+\.\d\d/);
  expect(view.text()).toContain('alice');
  await expect.poll(view.text, soon).toMatch(/\w+\.bot │/);
  view.type('mei, what is BTC at?\r');
  await expect.poll(view.text, soon).toMatch(/mei\.bot │ @alice BTC:? [\d,]+\.\d\d/);
  expect(view.text()).not.toContain('listening on');
  expect(readFileSync(path.join(dataDir, 'server.log'), 'utf8')).toContain('listening on');
  view.type('\u0003');
  expect(await view.exitCode).toBe(0);
  await expect.poll(view.text, soon).not.toMatch(/BTC|╭/);
}, 60_000);

test('rtd serve: lines for people, and Ctrl-C ends it in order', async () => {
  using view = screen(['serve', '--port', '0', '--data-dir', newFolder()]);
  await expect.poll(view.text, soon).toMatch(/^\[[\d:]+\] INFO: listening on http:\S+/m);
  view.type('\u0003');
  expect(await view.exitCode).toBe(0);
  expect(view.text()).toMatch(/INFO: closed/);
});

test('rtd send says that it is sent; the rate of rtd simulate stays on one line', async () => {
  using server = screen(['serve', '--port', '0', '--data-dir', newFolder()]);
  await expect.poll(server.text, soon).toContain('listening on');
  const [, url = ''] = /listening on (http:\S+)/.exec(server.text()) ?? [];
  using sender = screen(['send', 'Hello', '--url', url]);
  expect(await sender.exitCode).toBe(0);
  expect(sender.text()).toBe('Sent.');
  using simulate = screen(['simulate', '--url', url]);
  await expect.poll(simulate.text, soon).toMatch(/ticks\/s, 8 symbols, [3-9]\d ticks in all/);
  expect(simulate.text().split('\n')).toHaveLength(1);
  simulate.type('\u0003');
  expect(await simulate.exitCode).toBe(130);
  expect(simulate.text()).toMatch(/rtd: \d+ ticks in [\d.]+ s, that is \d+ ticks\/s$/);
}, 40_000);

test('rtd chat with nobody there says so instead of showing an empty screen', async () => {
  using view = screen(['chat', '--url', 'http://127.0.0.1:49151']);
  expect(await view.exitCode).toBe(1);
  expect(view.text()).toMatch(/^rtd: Cannot reach http:\/\/127\.0\.0\.1:49151: nothing listens there\./);
});

test('colours are for terminals only, and for those only who want them', async () => {
  const codes = '\u001b[';
  using coloured = screen(['--help']);
  using plain = screen(['--help'], { NO_COLOR: '1' });
  expect([await coloured.exitCode, await plain.exitCode]).toEqual([0, 0]);
  expect(coloured.bytes()).toContain(codes);
  expect(plain.bytes()).not.toContain(codes);
  expect((await rtd(['--help'])).stdout).not.toContain(codes);
});

test('rtd chat: what is not sent survives the end, and goes out the next time, once; two terminals of a user are two devices', async () => {
  const dataDir = newFolder();
  const env = { HOME: newFolder() };
  let url: string;
  {
    await using first = await serve({ dataDir });
    url = first.url;
    using gone = screen(['chat', '--name', 'alice', '--url', url, '--ascii'], env);
    await expect.poll(gone.text, soon).toMatch(/chat \* live/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is what is looked for
    expect(gone.text()).not.toMatch(/[^\x00-\x7f]/);
    using beside = screen(['chat', '--name', 'alice', '--url', url], env);
    await expect.poll(beside.text, soon).toMatch(/chat ● live/);
    first.child.kill('SIGKILL');
    await expect.poll(gone.text, soon).toMatch(/chat ~ /);
    await expect.poll(beside.text, soon).toMatch(/chat ◌ /);
    gone.type('from the first\r');
    beside.type('from the second\r');
    await expect.poll(gone.text, soon).toContain('1 unsent');
    await expect.poll(beside.text, soon).toContain('1 unsent');
    gone.type('\u0004');
    expect(await gone.exitCode).toBe(0);
    expect(gone.text()).toContain('1 message was not sent: kept, and sent the next time.');
    beside.kill('SIGKILL');
    await beside.exitCode;
  }
  await using again = await serve({ dataDir, port: Number(new URL(url).port) });
  using next = screen(['chat', '--name', 'alice', '--url', again.url], env);
  await expect.poll(next.text, soon).toMatch(/from the first +✓[\s\S]*from the second +✓/);
  const { messages } = await createHttpApi({ url: again.url }).history();
  expect(messages.map(({ content }) => content)).toEqual(['from the first', 'from the second']);
}, 60_000);

test('an error that nobody caught is told of on the screen that was there before, with where to read more', async () => {
  const home = newFolder();
  await using server = await serve();
  const breaking = 'process.on("SIGUSR2", () => { setTimeout(() => { throw new Error("a mistake"); }); });';
  using view = screen(['chat', '--name', 'alice', '--url', server.url], {
    HOME: home,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breaking)}`,
  });
  await expect.poll(view.text, soon).toMatch(/chat ● live/);
  view.kill('SIGUSR2');
  expect(await view.exitCode).toBe(1);
  await expect.poll(view.text, soon).toMatch(/^rtd: The terminal client broke: a mistake\. Where it broke is in/);
  expect(readFileSync(path.join(home, '.local/state/rtd/crash.log'), 'utf8')).toContain('Error: a mistake');
  expect(view.bytes().lastIndexOf('\u001b[?25h')).toBeGreaterThan(view.bytes().lastIndexOf('\u001b[?25l'));
}, 30_000);

test('rtd start on a port that is taken says so on the screen', async () => {
  await using other = await webServer();
  using view = screen([
    'start',
    '--port',
    String(other.port),
    '--no-bots',
    '--data-dir',
    newFolder(),
    '--name',
    'alice',
  ]);
  await expect.poll(view.text, soon).toContain(`Port ${other.port} is in use, so this is at port`);
  expect(view.text()).toContain('chats');
  view.type('x');
  await expect.poll(view.text, soon).not.toContain('is in use');
}, 30_000);

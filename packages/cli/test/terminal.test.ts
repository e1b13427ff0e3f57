/** What only happens on a terminal: a real pseudo-terminal, read by a real terminal's parser. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { expect, test } from 'vitest';
import { BIN, newFolder, rtd } from './running.ts';

interface Screen extends Disposable {
  /** What a person sees right now. */
  text(): string;
  /** All that was written to it. */
  bytes(): string;
  type(keys: string): void;
  readonly exitCode: Promise<number>;
}

function screen(words: readonly string[], env: Record<string, string> = {}): Screen {
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
    pty.onExit((exit) => resolve(exit.exitCode));
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

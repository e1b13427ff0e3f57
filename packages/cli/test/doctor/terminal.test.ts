/** What a person sees who watches: a live line below the findings, which leaves no trace, and colours. */
import { type IPty, spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Hosted, host } from '../hosted.ts';
import { BIN, newFolder } from '../running.ts';

let server: Hosted;
beforeAll(async () => {
  server = await host();
});
afterAll(() => server[Symbol.asyncDispose]());

const SIZE = { cols: 110, rows: 60 };
const soon = { timeout: 15_000, interval: 50 };

function watch(words: readonly string[], env: Record<string, string> = {}) {
  const terminal = new Terminal({ ...SIZE, allowProposedApi: true });
  const pty: IPty = spawn(process.execPath, [BIN, 'doctor', '--url', server.url, ...words], {
    ...SIZE,
    name: 'xterm-256color',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: newFolder(),
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      RTD_DATA_DIR: newFolder(),
      RTD_PORT: '0',
      ...env,
    },
  });
  let bytes = '';
  pty.onData((data) => {
    bytes += data;
    terminal.write(data);
  });
  // Once all that it has written is on the screen.
  const exitCode = new Promise<number>((resolve) => {
    pty.onExit((exit) => terminal.write('', () => resolve(exit.exitCode)));
  });
  const text = (): string => {
    const { active } = terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
      .join('\n')
      .trimEnd();
  };
  return { pty, text, bytes: () => bytes, exitCode };
}

test('says what it waits for while it waits, and nothing of that is left', async () => {
  const { text, bytes, exitCode } = watch(['--only', 'terminal,heart-beat']);
  await expect.poll(text, soon).toMatch(/… a heart-beat of the server \d\.\d s/);
  expect(text()).toContain('✔ terminal');
  expect(await exitCode).toBe(0);
  await expect.poll(text, soon).toMatch(/✔ All is well \(2 passed, 0 warnings, 0 skipped\)\.$/);
  expect(text()).not.toContain('…');
  expect(bytes()).toContain('\x1b[32m');
});

test('without colours where nobody wants them', async () => {
  const { bytes, exitCode } = watch(['--only', 'machine'], { NO_COLOR: '1' });
  expect(await exitCode).toBe(0);
  expect(bytes()).toContain('✔ node');
  expect(bytes()).not.toContain('\x1b[32m');
});

test('Ctrl-C ends it at once with 130', async () => {
  const { pty, text, exitCode } = watch(['--only', 'heart-beat']);
  await expect.poll(text, soon).toContain('… a heart-beat');
  pty.write('\u0003');
  expect(await exitCode).toBe(130);
});

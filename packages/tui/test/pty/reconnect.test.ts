/** The client when the server goes and comes back, and when it breaks itself. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHttpApi } from '@rtd/client';
import { defaultConfig, type RunningServer, silentLog, startServer, systemClock } from '@rtd/server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPseudoTerminal, type PseudoTerminal } from './pseudo-terminal.ts';

// Programs are started and waited for; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let server: RunningServer;

const start = (port: number): Promise<RunningServer> =>
  startServer(defaultConfig({ dataDir: folder, port }), { clock: systemClock, randomBytes, log: silentLog() });

function openProgram(file: string, ...args: readonly string[]): PseudoTerminal {
  return openPseudoTerminal({
    command: process.execPath,
    args: [path.join(import.meta.dirname, file), ...args],
    columns: 124,
    rows: 24,
    env: { NODE_ENV: 'production', NODE_COMPILE_CACHE: path.join(folder, 'compiled') },
    timeoutMillis: 20_000,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rtd-reconnect-'));
  server = await start(0);
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a server that goes and comes back', () => {
  it('is told of honestly; what was written meanwhile is sent, once, and nothing is missing', async () => {
    const terminal = openProgram('terminal-program.ts', server.url, 'alice');
    await terminal.until('both links live', (text) => text.split('● live').length === 3);
    const { port, url } = server;
    await server.close();
    await terminal.until('both links say so', (text) => /chat ◌ .*prices ◌ /.test(text));
    terminal.type('written without a server\r');
    await terminal.until(
      'it is shown as waiting',
      (text) => /written without a server …/.test(text) && text.includes('Not connected: it is kept'),
    );
    server = await start(port);
    await createHttpApi({ url, identity: { userId: 'bob' } }).postMessage({ content: 'said while alice was away' });
    terminal.type('/reconnect\r');
    await terminal.until('both links live again', (text) => text.split('● live').length === 3);
    await terminal.until('it is stored', (text) => /written without a server ✓/.test(text));
    expect(terminal.text()).not.toContain('Not connected: it is kept');
    await terminal.until('what was missed', (text) => text.includes('said while alice was away'));
    expect(terminal.text().split('written without a server').length).toBe(2);
    const { messages } = await createHttpApi({ url }).history();
    expect(messages.filter(({ content }) => content === 'written without a server').length).toBe(1);
    terminal.type('\x04');
    expect(await terminal.exited).toBe(0);
  });

  it('and does not in time: leaving says what was not sent', async () => {
    const terminal = openProgram('terminal-program.ts', 'http://127.0.0.1:9', 'alice');
    await terminal.until('why there is no connection', (text) => text.includes('Cannot reach http://127.0.0.1:9'));
    terminal.type('nobody will read this\r');
    await terminal.until('it is shown as waiting', (text) => /nobody will read this …/.test(text));
    terminal.type('\x04');
    expect(await terminal.exited).toBe(0);
    expect(terminal.text().trim()).toBe('1 message was not sent: gone with this session.');
  });
});

describe('a client that breaks', () => {
  it('puts the screen back before the error is printed', async () => {
    const terminal = openProgram('breaking-program.ts', server.url);
    await terminal.until('both links live', (text) => text.split('● live').length === 3);
    terminal.kill('SIGUSR2');
    expect(await terminal.exited).toBe(1);
    expect(terminal.terminal.buffer.active.type).toBe('normal');
    expect(terminal.text()).toContain('TypeError');
    expect(terminal.written().lastIndexOf('\x1b[?25h')).toBeGreaterThan(terminal.written().lastIndexOf('\x1b[?25l'));
  });
});

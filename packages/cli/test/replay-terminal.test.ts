/** The keys of a replay, and Ctrl-Z, on a real pseudo-terminal. */
import { execFileSync } from 'node:child_process';
import { type IPty, spawn } from '@lydell/node-pty';
import { connectChat } from '@rtd/client';
import { expect, test } from 'vitest';
import { BIN, newFolder, serve } from './running.ts';

/** `T` where it is stopped. */
function stateOf(pid: number): string {
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}

const soon = { timeout: 15_000, interval: 50 };

test('space pauses and goes on, n goes to the next, and a stop by Ctrl-Z does not end the pause; q ends it', async () => {
  await using server = await serve();
  const chat = connectChat({ url: server.url, identity: { userId: 'alice' } });
  for (const content of ['one', 'two', 'three']) {
    await chat.send({ content }).settled;
    // The pause is what is replayed.
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  await chat.close();
  // A hundredth of the speed: half a minute between the messages.
  const pty: IPty = spawn(process.execPath, [BIN, 'replay', '--url', server.url, '--speed', '0.01x'], {
    cols: 100,
    rows: 20,
    name: 'xterm-256color',
    env: { PATH: process.env.PATH ?? '', HOME: newFolder(), TERM: 'xterm-256color', NO_COLOR: '1' },
  });
  let bytes = '';
  pty.onData((data) => {
    bytes += data;
  });
  const exitCode = new Promise<number>((resolve) => {
    pty.onExit((exit) => resolve(exit.exitCode));
  });
  try {
    await expect.poll(() => bytes, soon).toMatch(/alice: one\r\n/);
    await expect.poll(() => bytes, soon).toMatch(/next in \d+ s at 0\.01x/);
    pty.write(' ');
    await expect.poll(() => bytes, soon).toMatch(/paused; space goes on/);
    pty.write('n');
    const length = bytes.length;
    process.kill(pty.pid, 'SIGTSTP');
    // Going on before it has stopped would leave it stopped for ever, as in any program that puts its terminal in order first.
    await expect.poll(() => stateOf(pty.pid), soon).toMatch(/^T/);
    // Held by two now: going on from the stop leaves the pause.
    process.kill(pty.pid, 'SIGCONT');
    expect(bytes.slice(0, length)).not.toContain('two');
    pty.write(' ');
    await expect.poll(() => bytes, soon).toMatch(/alice: two\r\n/);
    expect(bytes).not.toContain('three');
    pty.write('q');
    expect(await exitCode).toBe(130);
    expect(bytes).not.toContain('three');
  } finally {
    pty.kill('SIGKILL');
  }
}, 60_000);

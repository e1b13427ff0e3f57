/** `rtd bench` on a real pseudo-terminal: a line that is renewed in place, then the table alone. */
import { spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { expect, test } from 'vitest';
import { host } from '../hosted.ts';
import { BIN, newFolder } from '../running.ts';

test.each([120, 50])('on a terminal of %d columns it shows how it goes, and leaves only the table', async (cols) => {
  await using server = await host();
  const terminal = new Terminal({ cols, rows: 30, allowProposedApi: true });
  const pty = spawn(process.execPath, [BIN, ...'bench fanout -c 20 -r 50 -d 3 --url'.split(' '), server.url], {
    cols,
    rows: 30,
    name: 'xterm-256color',
    env: { PATH: process.env.PATH ?? '', HOME: newFolder(), TZ: 'UTC', TERM: 'xterm-256color' },
  });
  const exited = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => resolve(exitCode));
  });
  pty.onData((data) => terminal.write(data));
  const rows = (): string[] =>
    Array.from({ length: terminal.buffer.active.length }, (_, row) =>
      (terminal.buffer.active.getLine(row)?.translateToString(true) ?? '').trimEnd(),
    ).filter((row) => row !== '');
  try {
    // The one line there is, renewed: it says more only where there is room.
    const live =
      cols === 120
        ? /^ +2 s {2}25 open {2}\d+ sent\/s {2}\d+ acknowledged\/s {2}[\d,]+ deliveries\/s {2}p50/
        : /^ +2 s {2}25 open {2}\d+ sent\/s/;
    await expect.poll(() => rows()[0] ?? '', { timeout: 15_000, interval: 50 }).toMatch(live);
    expect(rows()).toHaveLength(1);
    expect(await exited).toBe(0);
    await expect.poll(() => rows().join('\n')).toContain('this client');
    expect(rows()[0]).toMatch(/^rtd bench fanout/);
    expect(rows().join('\n')).not.toContain('sent/s');
  } finally {
    pty.kill('SIGKILL');
    terminal.dispose();
  }
});

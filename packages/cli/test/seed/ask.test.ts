/** `rtd seed --reset` on a terminal: it asks, and takes nothing but `yes` for one. */
import { spawn } from '@lydell/node-pty';
import { expect, onTestFinished, test } from 'vitest';
import { BIN, newFolder, rtd } from '../running.ts';
import { look } from './seeded.ts';

/** What it writes until it ends, once it was given `answer`, and its exit code. */
function answered(words: readonly string[], answer: string): Promise<{ text: string; exitCode: number }> {
  const pty = spawn(process.execPath, [BIN, ...words], {
    cols: 120,
    rows: 30,
    env: { PATH: process.env.PATH ?? '', HOME: newFolder(), TERM: 'xterm' },
  });
  let text = '';
  let running = true;
  let asked = false;
  onTestFinished(() => {
    if (running) pty.kill('SIGKILL');
  });
  pty.onData((data) => {
    text += data;
    if (asked || !text.includes('Type yes to go on:')) return;
    asked = true;
    pty.write(answer);
  });
  return new Promise((resolve) => {
    pty.onExit(({ exitCode }) => {
      running = false;
      resolve({ text, exitCode });
    });
  });
}

test('nothing but yes is one: nothing is removed', async () => {
  const dataDir = newFolder();
  await rtd(['seed', '--messages', '40', '--ticks', '8', '--data-dir', dataDir]);
  const before = await look({ dataDir });
  for (const answer of ['\r', 'y\r', 'no\r', 'YES\r', '\x03', '\x04']) {
    const { text, exitCode } = await answered(['seed', '--reset', '--data-dir', dataDir], answer);
    expect(exitCode, answer).not.toBe(0);
    expect(text).toContain('This removes every message, conversation and tick in');
    expect(text).toContain('messages.db');
    expect(text).toMatch(/\nrtd: Nothing was removed, and nothing written\.\r\n$/);
  }
  expect((await look({ dataDir })).messages).toEqual(before.messages);
  expect(before.messages.length).toBeGreaterThan(0);
});

test('yes removes what was there, and a bar says how far it is', async () => {
  const dataDir = newFolder();
  await rtd(['seed', '--messages', '40', '--ticks', '8', '--seed', 'old', '--data-dir', dataDir]);
  const old = new Set((await look({ dataDir })).messages.map(({ id }) => id));
  const words = ['seed', '--reset', '--messages', '3000', '--ticks', '100', '--data-dir', dataDir];
  const { text, exitCode } = await answered(words, 'yes\r');
  expect(exitCode, text).toBe(0);
  expect(text).toMatch(/messages {2}\[=+ *\] {2}[\d,]+ of 3,000/);
  const { messages } = await look({ dataDir });
  expect(messages.length).toBeGreaterThan(100);
  expect(messages.some(({ id }) => old.has(id))).toBe(false);
});

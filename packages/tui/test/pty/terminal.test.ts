/** The client as a person meets it: the real program on a real pseudo-terminal, against the real server. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectChat, createHttpApi } from '@rtd/client';
import { limitsWith, TickerSymbol } from '@rtd/protocol';
import { defaultConfig, type RunningServer, silentLog, startServer, systemClock } from '@rtd/server';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPseudoTerminal, type PseudoTerminal } from './pseudo-terminal.ts';

const PROGRAM = path.join(import.meta.dirname, 'terminal-program.ts');
const SYMBOLS = ['BTC', 'ETH', 'GOLD'] as const;

// Programs are started and waited for; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let server: RunningServer;
const open: PseudoTerminal[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rtd-terminal-'));
  server = await startServer(
    defaultConfig({ dataDir: folder, port: 0, limits: limitsWith({ MESSAGES_PER_SECOND: 0, MESSAGE_BURST: 0 }) }),
    {
      clock: systemClock,
      randomBytes,
      log: silentLog(),
    },
  );
  const prices = SYMBOLS.map((symbol, index) => ({ symbol: TickerSymbol.parse(symbol), price: 100 * (index + 1) }));
  await createHttpApi({ url: server.url }).postTicks(prices);
});

afterEach(async () => {
  for (const terminal of open.splice(0)) {
    try {
      terminal.kill('SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await terminal.exited;
  }
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function openClient(userId: string, columns = 100, rows = 24, env: Record<string, string> = {}): PseudoTerminal {
  const terminal = openPseudoTerminal({
    command: process.execPath,
    args: [PROGRAM, server.url, userId],
    columns,
    rows,
    env: { NODE_ENV: 'production', NODE_COMPILE_CACHE: path.join(folder, 'compiled'), ...env },
    timeoutMillis: 15_000,
  });
  open.push(terminal);
  return terminal;
}

async function live(terminal: PseudoTerminal): Promise<void> {
  await terminal.until('both links live', (text) => text.split('● live').length === 3);
}

async function say(userId: string, content: string): Promise<void> {
  await createHttpApi({ url: server.url, identity: { userId } }).postMessage({ content });
}

describe('on a real terminal', () => {
  it('a message that is typed comes to everybody, and is marked as stored', async () => {
    const alice = openClient('alice');
    const bob = openClient('bob', 80, 24);
    await Promise.all([live(alice), live(bob)]);
    alice.type('good morning, bob');
    await alice.until('the typed text', (text) => text.includes('› good morning, bob'));
    await bob.until('who is typing', (text) => text.includes('alice is typing'));
    alice.type('\r');
    await alice.until('its own message, stored', (text) => /alice │ good morning, bob +✓/.test(text));
    await bob.until('the message', (text) => /alice │ good morning, bob/.test(text));
    expect(alice.text()).toContain('› write to everybody');
    await alice.until('that it was read', (text) => /good morning, bob +✓✓ read/.test(text));
  });

  it('history and prices are there at once', async () => {
    await say('carol', 'said before anybody came');
    const terminal = openClient('dora');
    await terminal.until('history', (text) => text.includes('said before anybody came'));
    await terminal.until('prices', (text) => SYMBOLS.every((symbol) => text.includes(symbol)));
    await createHttpApi({ url: server.url }).postTicks([{ symbol: TickerSymbol.parse('BTC'), price: 123.45 }]);
    await terminal.until('the new price and its direction', (text) => /BTC +123\.45 ▲/.test(text));
  });

  it.each([
    [120, 40],
    [80, 24],
    [40, 12],
    [40, 10],
  ])('is whole at %i by %i: header above, input and keys below', async (columns, rows) => {
    await say('erin', 'fits everywhere');
    const terminal = openClient('frank', columns, rows);
    await terminal.until('the message', (text) => text.includes('fits everywhere'));
    await live(terminal);
    const screen = terminal.screen();
    expect(screen[0]).toContain('rtd');
    expect(screen.at(-1)).toContain('Ctrl-C leave');
    expect(screen.join('\n')).toMatch(/BTC|ETH|GOLD/);
    expect(screen.join('\n')).toContain('› write to everybody');
  });

  it('a resize leaves nothing of the old screen', async () => {
    const terminal = openClient('gina', 120, 40);
    await live(terminal);
    for (const [columns, rows] of [
      [70, 20],
      [40, 10],
      [130, 45],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.until(`a whole screen of ${columns} by ${rows}`, (text, screen) => {
        const last = screen.at(-1) ?? '';
        const inputs = text.split('› write to everybody').length - 1;
        const headers = screen.filter((row) => row.includes('● live')).length;
        return inputs === 1 && headers === 1 && last.includes('Ctrl-C leave') && (screen[0] ?? '').includes('rtd');
      });
      const fresh = openClient('gina', columns, rows);
      await live(fresh);
      const withoutClock = (rowsOfOne: readonly string[]): string[] =>
        rowsOfOne.map((row) => row.replace(/\d\d:\d\d/g, ''));
      await fresh.until('the same screen as one that began with this size', (_text, screen) => {
        return withoutClock(screen).join('\n') === withoutClock(terminal.screen()).join('\n');
      });
      fresh.type('\x03');
      await fresh.exited;
    }
  });

  it.each([
    ['Ctrl-C in an empty line', '\x03'],
    ['Ctrl-D', '\x04'],
    ['/quit', '/quit\r'],
  ])('%s leaves, and the screen is as it was', async (_what, keys) => {
    const terminal = openClient('henry');
    await live(terminal);
    expect(terminal.terminal.buffer.active.type).toBe('alternate');
    terminal.type(keys);
    expect(await terminal.exited).toBe(0);
    expectRestored(terminal);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('%s ends it, and the screen is as it was', async (signal) => {
    const terminal = openClient('ines');
    await live(terminal);
    terminal.kill(signal);
    expect(await terminal.exited).toBe(0);
    expectRestored(terminal);
  });

  it('Ctrl-C takes a line back before it leaves', async () => {
    const terminal = openClient('jana');
    await live(terminal);
    terminal.type('a long thought');
    await terminal.until('the text', (text) => text.includes('a long thought'));
    terminal.type('\x03');
    await terminal.until('an empty line', (text) => text.includes('› write to everybody'));
    terminal.type('\x19');
    await terminal.until('the text again', (text) => text.includes('› a long thought'));
  });

  it('a paste of several lines is shown and not sent; Enter sends it as one message', async () => {
    const terminal = openClient('kim');
    await live(terminal);
    terminal.paste('first line\nsecond line\n');
    await terminal.until('both lines in the input', (text) => /› first line[\s\S]*second line/.test(text));
    terminal.type('\r');
    await terminal.until('one message', (text) => /kim │ first line[\s\S]*│ second line ✓/.test(text));
  });

  it('text is edited where the cursor is, by wide characters too', async () => {
    const terminal = openClient('lea');
    await live(terminal);
    terminal.type('你好 wörld');
    terminal.type('\x01');
    terminal.type('\x1b[C');
    terminal.type('x');
    await terminal.until('the letter after the first character', (text) => text.includes('› 你x好 wörld'));
    const { cursorX, cursorY } = terminal.terminal.buffer.active;
    // Border, space, prompt and space, one wide character, one letter.
    expect(cursorX).toBe(2 + 2 + 2 + 1);
    expect(terminal.screen()[cursorY]).toContain('› 你x好');
  });

  it('what others write is shown and never obeyed', async () => {
    const evil = '\x1b]0;pwned\x07\x1b[2J\x1b[31mred\x9b2J \u202egnp.exe zero\u200bwidth';
    const terminal = openClient('mia');
    await live(terminal);
    const before = terminal.written().length;
    await say('mallory', evil);
    await terminal.until('the message', (text) => text.includes('zerowidth'));
    const since = terminal.written().slice(before);
    expect(since).not.toContain('\x1b]0;');
    expect(since).not.toContain('\x1b[2J');
    expect(since).not.toContain('\x1b[31m');
    expect(since).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069\u200b]/);
    expect(terminal.text()).toContain('␛]0;pwned␇␛[2J␛[31mred<9B>2J');
    expect(terminal.text()).toContain('<RLO>gnp.exe zerowidth');
  });

  it('NO_COLOR means no colour', async () => {
    const terminal = openClient('nora', 100, 24, { NO_COLOR: '1' });
    await live(terminal);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them
    expect(terminal.written()).not.toMatch(/\x1b\[[\d;]*m/);
  });

  it('scrolls back through more than it loaded, and forward again', async () => {
    const api = createHttpApi({ url: server.url, identity: { userId: 'otto' } });
    const chat = connectChat({ url: server.url, identity: { userId: 'otto' } });
    const count = 180;
    await api.postMessage({ content: 'the very first of many' });
    for (let batch = 0; batch < count; batch += 15) {
      const sent = Array.from({ length: 15 }, (_, index) => chat.send({ content: `line ${batch + index} of many` }));
      await Promise.all(sent.map(({ settled }) => settled));
    }
    await chat.close();
    const terminal = openClient('paula', 100, 24);
    await terminal.until('the newest', (text) => text.includes(`line ${count - 1} of many`));
    for (let page = 0; page < 40 && !terminal.text().includes('the very first of many'); page += 1) {
      const before = terminal.text();
      terminal.type('\x1b[5~');
      await terminal.until('another page', (text) => text !== before);
    }
    await terminal.until('the first', (text) => text.includes('the very first of many'));
    await say('otto', 'and one more');
    await terminal.until('the note of a new message', (text) => text.includes('1 new'));
    expect(terminal.text()).toContain('the very first of many');
    terminal.type('\x1b');
    await terminal.until('the newest again', (text) => text.includes('and one more'));
  });

  it('Ctrl-Z gives the terminal back, and going on draws all anew', async () => {
    const terminal = openClient('quentin');
    await live(terminal);
    terminal.type('\x1a');
    await terminal.until('the normal screen', () => terminal.terminal.buffer.active.type === 'normal');
    // It may not have stopped yet when the screen has changed: it is told to go on until it has.
    const goOn = setInterval(() => terminal.kill('SIGCONT'), 100);
    await terminal
      .until('the client again', (text) => text.includes('● live') && text.includes('› write'))
      .finally(() => clearInterval(goOn));
    expect(terminal.terminal.buffer.active.type).toBe('alternate');
    terminal.type('still here');
    await terminal.until('typed text', (text) => text.includes('› still here'));
  });

  it('shows every key and command with ?, and closes with any', async () => {
    const terminal = openClient('rosa', 100, 30);
    await live(terminal);
    terminal.type('?');
    await terminal.until('the help', (text) => text.includes('/reconnect') && text.includes('Ctrl-W'));
    terminal.type('\x1b');
    await terminal.until('the chat', (text) => !text.includes('/reconnect'));
  });
});

function expectRestored(terminal: PseudoTerminal): void {
  expect(terminal.terminal.buffer.active.type).toBe('normal');
  expect(terminal.text().trim()).toBe('');
  const written = terminal.written();
  // The last word on each mode is: cursor shown, bracketed paste off.
  expect(written.lastIndexOf('\x1b[?25h')).toBeGreaterThan(written.lastIndexOf('\x1b[?25l'));
  expect(written.lastIndexOf('\x1b[?2004l')).toBeGreaterThan(written.lastIndexOf('\x1b[?2004h'));
}

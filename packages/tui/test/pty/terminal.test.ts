/** The client as a person meets it: the real program on a real pseudo-terminal, against the real server. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { connectChat } from '@rtd/client';
import { TickerSymbol } from '@rtd/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SLASH_COMMANDS } from '../../src/session/slash-commands.ts';
import { HELP_KEYS } from '../../src/view/help-rows.ts';
import { type Clients, live, openClients } from './clients.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';

const SYMBOLS = ['BTC', 'ETH', 'GOLD'] as const;

// Programs are started and waited for; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let clients: Clients;
/** One for all tests that leave it as it was. */
let alice: PseudoTerminal;

beforeAll(async () => {
  clients = await openClients();
  const prices = SYMBOLS.map((symbol, index) => ({ symbol: TickerSymbol.parse(symbol), price: 100 * (index + 1) }));
  await clients.apiOf('feed').postTicks(prices);
  await clients.say('carol', 'said before anybody came');
  alice = await clients.live('alice');
});

afterAll(async () => {
  await clients[Symbol.asyncDispose]();
});

/** What is typed after Esc at once would be a key with Alt. */
async function goBack(what: string, holds: (text: string) => boolean): Promise<void> {
  alice.type('\x1b');
  await alice.until(what, holds);
}

/** Drawn for the size that the terminal has now: one that was drawn for another is cut off at its right and its end. */
function isWhole(screen: readonly string[]): boolean {
  return (screen.at(-1) ?? '').includes('Ctrl-C leave') && / rtd.*● live( +\d\d:\d\d)?$/.test(screen[0] ?? '');
}

describe('one session', () => {
  beforeEach(() => {
    // Whatever the test before has left in the line.
    alice.type('\x05\x15');
  });

  it('history and prices are there at once, and move', async () => {
    await alice.until('history', (text) => text.includes('said before anybody came'));
    await alice.until('prices', (text) => SYMBOLS.every((symbol) => text.includes(symbol)));
    await clients.apiOf('feed').postTicks([{ symbol: TickerSymbol.parse('BTC'), price: 123.45 }]);
    await alice.until('the new price and its direction', (text) => /BTC +123\.45 ▲/.test(text));
  });

  it('a message that is typed comes to everybody, is marked as stored, and as read', async () => {
    const bob = await clients.live('bob', 80, 24);
    alice.type('good morning, bob');
    await alice.until('the typed text', (text) => text.includes('› good morning, bob'));
    await bob.until('who is typing', (text) => text.includes('alice is typing'));
    alice.type('\r');
    await alice.until('its own message, stored', (text) => /alice │ good morning, bob +✓/.test(text));
    await bob.until('the message', (text) => /alice │ good morning, bob/.test(text));
    expect(alice.text()).toContain('› write to everybody');
    await alice.until('that it was read', (text) => /good morning, bob +✓✓ read 1/.test(text));
    await clients.end([bob]);
  });

  it('Ctrl-C takes a line back before it leaves', async () => {
    alice.type('a long thought');
    await alice.until('the text', (text) => text.includes('a long thought'));
    alice.type('\x03');
    await alice.until('an empty line', (text) => text.includes('› write to everybody'));
    alice.type('\x19');
    await alice.until('the text again', (text) => text.includes('› a long thought'));
  });

  it('a paste of several lines is shown and not sent; Enter sends it as one message', async () => {
    alice.paste('first line\nsecond line\n');
    await alice.until('both lines in the input', (text) => /› first line[\s\S]*second line/.test(text));
    alice.type('\r');
    await alice.until('one message', (text) => /│ first line[\s\S]*│ second line ✓/.test(text));
  });

  it('text is edited where the cursor is, by wide characters too', async () => {
    alice.type('你好 wörld');
    alice.type('\x01');
    alice.type('\x1b[C');
    alice.type('x');
    await alice.until('the letter after the first character', (text) => text.includes('› 你x好 wörld'));
    const { cursorX, cursorY } = alice.terminal.buffer.active;
    // Border, space, prompt and space, one wide character, one letter.
    expect(cursorX).toBe(2 + 2 + 2 + 1);
    expect(alice.screen()[cursorY]).toContain('› 你x好');
  });

  it('what others write is shown and never obeyed', async () => {
    const evil = '\x1b]0;pwned\x07\x1b[2J\x1b[31mred\x9b2J \u202egnp.exe zero\u200bwidth';
    const before = alice.written().length;
    await clients.say('mallory', evil);
    await alice.until('the message', (text) => text.includes('zerowidth'));
    const since = alice.written().slice(before);
    expect(since).not.toContain('\x1b]0;');
    expect(since).not.toContain('\x1b[2J');
    expect(since).not.toContain('\x1b[31m');
    expect(since).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069\u200b]/);
    expect(alice.text()).toContain('␛]0;pwned␇␛[2J␛[31mred<9B>2J');
    expect(alice.text()).toMatch(/<RLO>gnp\.exe[\s│]+zerowidth/);
  });

  it.each([
    [124, 30],
    [120, 40],
    [80, 24],
    [40, 12],
  ])(
    'every key and command is shown with ? at %i by %i, on pages without a hole, and any other key closes it',
    async (columns, rows) => {
      alice.resize(columns, rows);
      await alice.until('a screen of this size', (_text, screen) => isWhole(screen));
      alice.type('?');
      let seen = '';
      let from = '';
      // A screen comes in pieces: each state of it counts.
      const another = (text: string): boolean => {
        seen += text;
        const [now = text] = /\d+ to \d+ of \d+/.exec(text) ?? [];
        return text.includes('keys and commands') && now !== from;
      };
      await alice.until('the help', another);
      for (let page = 0; page < 20; page += 1) {
        [from = ''] = /\d+ to \d+ of \d+/.exec(alice.text()) ?? [];
        const [last, total] = from.split(' to ')[1]?.split(' of ') ?? [];
        if (last === total) break;
        alice.type('\x1b[6~');
        await alice.until('the next page', another);
      }
      const missing = (): string[] =>
        [...SLASH_COMMANDS.map(({ name }) => `/${name}`), ...HELP_KEYS.map(([keys]) => keys)].filter(
          (name) => !seen.includes(name),
        );
      await alice
        .until('every key and command', (text) => {
          seen += text;
          return missing().length === 0;
        })
        .catch(() => expect(missing()).toEqual([]));
      await goBack('the chat', (text) => !text.includes('keys and commands') && text.includes('› write to everybody'));
      alice.resize(124, 30);
      await alice.until('the old size', (_text, screen) => isWhole(screen) && /:\d\d$/.test(screen[0] ?? ''));
    },
  );

  it('what the terminal says of its background changes the colours, however late, and never comes into the line', async () => {
    const colorOfName = (): number | undefined => {
      const row = alice.terminal.buffer.active.getLine(alice.terminal.buffer.active.viewportY);
      return row?.getCell(1)?.getFgColor();
    };
    expect(alice.written()).toContain('\x1b]11;?');
    const dark = colorOfName();
    alice.type('\x1b]11;rgb:fd');
    alice.type('fd/f6f6/e3e3\x1b\\then typed');
    await alice.until('what was typed, in other colours', (text) => {
      return text.includes('› then typed') && colorOfName() !== dark;
    });
    const light = colorOfName();
    alice.type('\x15/theme dark\r');
    await alice.until(
      'the first colours',
      (text) => text.includes('Colours for a dark background.') && colorOfName() === dark,
    );
    alice.type('/theme auto\r');
    await alice.until(
      'what the terminal said',
      (text) => text.includes('as the terminal says') && colorOfName() === light,
    );
    alice.type('/theme dark\r');
    await alice.until('the first colours', () => colorOfName() === dark);
  });

  it('prices: Tab, sort and find, a chart with its crosshair, and nothing of it is sent', async () => {
    alice.type('\t');
    await alice.until('the hints of the table', (text) => text.includes('s sort'));
    alice.type('/go\r');
    await alice.until('what fits', (text) => text.includes('prices · "go"') && !/ETH +200/.test(text));
    await goBack('all of them', (text) => /ETH +200/.test(text));
    alice.type('s');
    await alice.until('the order', (text) => text.includes('prices by symbol'));
    alice.type('r');
    await alice.until('the last on top', (_text, screen) => (screen[2] ?? '').includes('GOLD'));
    alice.type('r');
    await alice.until('the first on top', (_text, screen) => (screen[2] ?? '').includes('BTC'));
    alice.type('\r');
    await alice.until('candles', (text) => text.includes('1m candles'));
    alice.type('1');
    await alice.until('candles of a second', (text) => /1s candles · H .* L [\s\S]*vol [\s\S]* old/.test(text));
    alice.type('\x1b[D');
    await alice.until('the candle under the crosshair', (text) => /\d\d:\d\d:\d\d O [\d.]+ H [\s\S]* V /.test(text));
    alice.type('c');
    await alice.until('a line', (text) => text.includes('1s line'));
    await goBack('no crosshair', (text) => text.includes('Left/Right: crosshair'));
    await goBack('no chart', (text) => !text.includes('1s line'));
    alice.type('\t');
    await alice.until('the chat again', (text) => text.includes('› write to everybody'));
    const { messages } = await clients.apiOf('feed').history({ limit: 5 });
    expect(messages.map(({ content }) => content)).not.toContain('s');
  });

  it('an alert rings once, and stays listed', async () => {
    alice.type('/alert ETH > 1k\r');
    await alice.until('that it is set', (text) => text.includes('! ETH > 1,000.00'));
    const before = alice.written().length;
    await clients.apiOf('feed').postTicks([{ symbol: TickerSymbol.parse('ETH'), price: 1_001 }]);
    await alice.until('that it rang', (text) => /! ETH > 1,000\.00 rang at/.test(text));
    expect(alice.written().slice(before).split('\x07').length).toBe(2);
    alice.type('/alert\r');
    await alice.until('that it is gone', (text) => !text.includes('rang at'));
  });

  it('the wire is shown as it is, by F2, with its frames in full, and can be kept in a file', async () => {
    alice.type('\x1bOQ');
    await clients.say('carol', 'seen on the wire');
    await alice.until('a frame', (text) => /stomp ← +\d+ MESSAGE \/topic\/messages/.test(text));
    alice.type('/MESSAGE\r');
    await alice.until(
      'the frame in full',
      (text) =>
        text.includes('"MESSAGE"') && /opcode=0x2 \(binary\) MASK=0/.test(text) && text.includes('"content":"seen on'),
    );
    await goBack('everything', (text) => !text.includes('"MESSAGE"'));
    await goBack('the chat', (text) => text.includes('› write to everybody'));
    const file = path.join(clients.folder, 'wire.ndjson');
    alice.type(`/wire save ${file}\r`);
    await alice.until('how much it is', (text) => /\d+ chunks are in/.test(text));
    const saved = readFileSync(file, 'utf8');
    expect(saved).toMatch(/"title":"GET \/ws\S* HTTP\/1\.1"/);
    // The head of CONNECT, with the key that masks it: the last four of its octets.
    const { key = '', octets = '' } =
      /"title":"CONNECT [^"]*","webSocket":"[^"]* MASK=1 key=(?<key>\w{8}) [^"]*: (?<octets>[\w ]+)"/.exec(saved)
        ?.groups ?? {};
    expect(key).not.toBe('');
    expect(octets.replaceAll(' ', '').endsWith(key)).toBe(true);
  });

  it('search goes back to what was said, and Esc to the newest', async () => {
    for (let index = 0; index < 40; index += 1) await clients.say('carol', `filler ${index}`);
    await alice.until('the last', (text) => text.includes('filler 39'));
    alice.type('/search good morning\r');
    await alice.until('it', (text) => text.includes('good morning, bob') && text.includes('Found'));
    alice.type('\x1b');
    await alice.until('the newest', (text) => text.includes('filler 39'));
  });

  it('Ctrl-Z gives the terminal back, and going on draws all anew', async () => {
    alice.type('\x1a');
    await alice.until('the normal screen', () => alice.terminal.buffer.active.type === 'normal');
    // It may not have stopped yet when the screen has changed: it is told to go on until it has.
    const goOn = setInterval(() => alice.kill('SIGCONT'), 100);
    await alice
      .until('the client again', (text) => text.includes('● live') && text.includes('› write'))
      .finally(() => clearInterval(goOn));
    expect(alice.terminal.buffer.active.type).toBe('alternate');
    alice.type('still here');
    await alice.until('typed text', (text) => text.includes('› still here'));
  });

  it.each([
    [120, 40],
    [80, 24],
    [60, 15],
    [40, 12],
    [40, 10],
    [130, 45],
  ])(
    'is whole after a resize to %i by %i: header above, input and keys below, and nothing of the old screen',
    async (columns, rows) => {
      alice.resize(columns, rows);
      await alice.until('a whole screen', (text, screen) => {
        const inputs = text.split('› write to everybody').length - 1;
        const headers = screen.filter((row) => row.includes('● live')).length;
        return inputs === 1 && headers === 1 && isWhole(screen);
      });
      expect(alice.text()).toMatch(/BTC|ETH|GOLD/);
      expect(alice.text()).toContain('filler 39');
      // Only a screen without leftovers looks the same when every cell of it is drawn anew.
      const still = (): string =>
        alice
          .text()
          .replaceAll(/[\d⠀-⣿▁-█│┊]+[smh]?( ago| old)?/g, '')
          .replaceAll(/ +/g, ' ');
      const before = still();
      const written = alice.written().length;
      alice.type('\x0c');
      await alice.until(
        'the same screen, drawn anew',
        (text) => alice.written().length > written + 500 && text.includes('Ctrl-C leave') && still() === before,
      );
    },
  );
});

describe('an end', () => {
  it.each([
    ['Ctrl-C in an empty line', '\x03'],
    ['/quit', '/quit\r'],
  ])('%s leaves, and the screen is as it was', async (_what, keys) => {
    const terminal = clients.open('henry', 100, 24);
    // A light terminal, in front of which somebody types early.
    terminal.terminal.parser.registerOscHandler(11, () => {
      terminal.type('early\x1b]11;rgb:ffff/ffff/ffff\x07');
      return true;
    });
    await live(terminal);
    await terminal.until('what was typed early', (text) => text.includes('› early'));
    expect(terminal.terminal.buffer.active.getLine(0)?.getCell(1)?.getFgColor()).toBe(25);
    terminal.type('\x15');
    expect(terminal.terminal.buffer.active.type).toBe('alternate');
    terminal.type(keys);
    expect(await terminal.exited).toBe(0);
    expectRestored(terminal);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('%s ends it, and the screen is as it was', async (signal) => {
    // NO_COLOR at the same time: it costs no start of its own.
    const terminal = await clients.live('ines', 100, 24, { NO_COLOR: '1' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them
    expect(terminal.written()).not.toMatch(/\x1b\[[\d;]*m/);
    terminal.kill(signal);
    expect(await terminal.exited).toBe(0);
    expectRestored(terminal);
  });
});

it('a long conversation is scrolled back through more than was loaded, and forward again', async () => {
  const chat = connectChat({ url: clients.server.url, identity: { userId: 'otto' } });
  const count = 180;
  for (let batch = 0; batch < count; batch += 15) {
    const sent = Array.from({ length: 15 }, (_, index) => chat.send({ content: `line ${batch + index} of many` }));
    await Promise.all(sent.map(({ settled }) => settled));
  }
  await chat.close();
  const terminal = clients.open('paula', 100, 24);
  await terminal.until('the newest', (text) => text.includes(`line ${count - 1} of many`));
  await live(terminal);
  for (let page = 0; page < 40 && !terminal.text().includes('said before anybody came'); page += 1) {
    const before = terminal.text();
    terminal.type('\x1b[5~');
    await terminal.until('another page', (text) => text !== before);
  }
  await terminal.until('the first', (text) => text.includes('said before anybody came'));
  await clients.say('otto', 'and one more');
  await terminal.until('the note of a new message', (text) => text.includes('1 new'));
  expect(terminal.text()).toContain('said before anybody came');
  terminal.type('\x1b');
  await terminal.until('the newest again', (text) => text.includes('and one more'));
});

function expectRestored(terminal: PseudoTerminal): void {
  expect(terminal.terminal.buffer.active.type).toBe('normal');
  expect(terminal.text().trim()).toBe('');
  const written = terminal.written();
  // The last word on each mode is: cursor shown, bracketed paste off.
  expect(written.lastIndexOf('\x1b[?25h')).toBeGreaterThan(written.lastIndexOf('\x1b[?25l'));
  expect(written.lastIndexOf('\x1b[?2004l')).toBeGreaterThan(written.lastIndexOf('\x1b[?2004h'));
}

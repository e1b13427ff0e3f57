import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { came, message, NOON, outgoing, tick } from '../../test/messages.ts';
import { initialTerminal, reduceTerminal, type Terminal, type TerminalEvent } from '../state/terminal.ts';
import { createDrawing } from './drawing.ts';
import { createLocalTime } from './local-time.ts';
import { screenRows } from './screen-rows.ts';
import { rowColumns } from './style.ts';
import { createTheme } from './theme.ts';

const drawing = createDrawing(createTheme({ level: 0 }), createLocalTime('UTC'));
const asciiDrawing = createDrawing(createTheme({ level: 0, ascii: true }), createLocalTime('UTC'));
const CANDLES = [1, 2, 3].map((n) => ({ t: NOON + n * 60_000, o: n, h: n + 1, l: n / 2, c: n, v: n }));
const SYMBOLS = ['BTC', 'ETH', 'SOL', 'AAPL', 'NVDA', 'TSLA', 'GOLD', 'OIL'];

function terminal(columns: number, rows: number, ...events: readonly TerminalEvent[]): Terminal {
  const initial = initialTerminal({ serverUrl: 'http://127.0.0.1:8080', size: { columns, rows }, now: NOON });
  const live: readonly TerminalEvent[] = [
    { kind: 'link', link: 'chat', state: { kind: 'live' } },
    { kind: 'link', link: 'market', state: { kind: 'live' } },
    { kind: 'self', userId: 'alice' },
    { kind: 'market', event: { kind: 'snapshot', ticks: SYMBOLS.map((name) => tick(name, 100)), now: NOON } },
  ];
  return [...live, ...events].reduce(reduceTerminal, initial);
}

const said = (content: string, seq = 1, from = 'ana'): TerminalEvent => came(message({ seq, content, from }));

function textOf(state: Terminal): string {
  const { rows } = screenRows(state, drawing, 4_000);
  return rows
    .map((row) =>
      row
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

describe('the screen', () => {
  it('is exactly as large as the terminal, for any size and any text', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.constantFrom('\x1b[2J\x1b[31m', '👩‍👩‍👧‍👦 and 你好', 'x'.repeat(300), `Z${'\u0335'.repeat(60)}`, 'a\nb\nc'),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 220 }),
        fc.integer({ min: 5, max: 60 }),
        fc.array(hostile, { maxLength: 6 }),
        hostile,
        fc.constantFrom(undefined, 'help', 'conversations', 'wire'),
        fc.constantFrom('chat', 'prices'),
        fc.boolean(),
        (columns, rows, contents, typed, overlay, focus, ascii) => {
          const state = terminal(
            columns,
            rows,
            ...contents.map((content, index) => said(content, index + 1)),
            { kind: 'edited', action: { kind: 'insert', text: typed } },
            { kind: 'noticed', notice: { tone: 'bad', text: typed, until: undefined } },
            { kind: 'conversations', event: { kind: 'addressed', userId: typed } },
            { kind: 'prices', event: { kind: 'chart-opened', symbol: 'BTC', interval: '1m' } },
            { kind: 'prices', event: { kind: 'candles', symbol: 'BTC', interval: '1m', candles: CANDLES } },
            { kind: 'prices', event: { kind: 'filtered', filter: typed, filtering: ascii } },
            {
              kind: 'wire',
              event: {
                kind: 'entries',
                entries: [
                  {
                    number: 1,
                    link: 'stomp',
                    direction: 'in',
                    at: NOON,
                    size: 9,
                    kept: 9,
                    head: undefined,
                    text: typed,
                  },
                ],
              },
            },
            { kind: 'focused', focus },
            { kind: 'overlay', overlay },
          );
          const screen = screenRows(state, ascii ? asciiDrawing : drawing, 4_000);
          expect(screen.rows.length).toBe(rows);
          for (const row of screen.rows) {
            expect(rowColumns(row)).toBe(columns);
            expect(row.map(({ text }) => text).join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
          }
          if (screen.cursor !== undefined) {
            expect(screen.cursor.x).toBeLessThan(columns);
            expect(screen.cursor.y).toBeLessThan(rows);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['side by side', 120, 30],
    ['side by side, without frames', 100, 14],
    ['tabs', 80, 24],
    ['chat and a line of prices', 59, 20],
    ['readable at 40 by 10', 40, 10],
  ])('%s: shows messages, prices, both links and the input at once', (_what, columns, rows) => {
    const shown = textOf(terminal(columns, rows, said('hello there')));
    expect(shown).toContain('hello there');
    expect(shown).toContain('BTC');
    expect(shown).toContain('chat ● live');
    expect(shown).toContain('prices ● live');
    expect(shown).toContain('› write to everybody');
    expect(shown.split('\n').at(-1)).toContain('Ctrl-C');
  });

  it('keeps header and footer where they are, whatever happens between', () => {
    const quiet = textOf(terminal(100, 24)).split('\n');
    const busy = textOf(
      terminal(100, 24, ...Array.from({ length: 90 }, (_, index) => said('x '.repeat(200), index + 1))),
    );
    expect(busy.split('\n')[0]).toBe(quiet[0]);
    expect(busy.split('\n').slice(-4)).toEqual(quiet.slice(-4));
  });

  it('says in words what is wrong with a link, and when it is tried again', () => {
    const state = { kind: 'waiting', retryAt: NOON + 4_000, retryInMillis: 4_000, why: 'nobody answers' } as const;
    const shown = textOf(terminal(100, 24, { kind: 'link', link: 'chat', state }));
    expect(shown).toContain('chat ◌ retry in 4s');
    expect(shown).toContain('nobody answers');
  });

  it('says how old a price is once nothing comes', () => {
    const cut = { kind: 'waiting', retryAt: NOON, retryInMillis: 0, why: 'gone' } as const;
    const state = terminal(100, 24, { kind: 'link', link: 'market', state: cut }, { kind: 'time', now: NOON + 12_000 });
    expect(textOf(state)).toContain('12s old');
  });

  it("marks one's own messages: on their way, stored, refused", () => {
    const shown = textOf(
      terminal(100, 24, said('stored', 1, 'alice'), {
        kind: 'conversations',
        event: { kind: 'outgoing', message: outgoing('a', { kind: 'sending' }, 'on its way') },
      }),
    );
    expect(shown).toMatch(/stored ✓/);
    expect(shown).toMatch(/on its way …/);
  });

  it('names a sender once while they go on, and a day once', () => {
    const shown = textOf(terminal(100, 24, said('one', 1), said('two', 2), said('three', 3, 'bo')));
    expect(shown.match(/\bana\b/g)?.length).toBe(1);
    expect(shown.match(/Saturday, 21 November 2026/g)?.length).toBe(1);
  });

  it('counts characters only near the limit', () => {
    const typed = (length: number): string =>
      textOf(terminal(100, 24, { kind: 'edited', action: { kind: 'insert', text: 'x'.repeat(length) } }));
    expect(typed(2_900)).not.toContain('of 4000');
    expect(typed(3_950)).toContain('3950 of 4000');
  });
});

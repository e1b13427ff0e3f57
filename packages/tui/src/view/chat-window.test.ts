import { GLOBAL_CONVERSATION } from '@rtd/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message, NOON, outgoing } from '../../test/messages.ts';
import { type Chat, emptyChat } from '../state/chat.ts';
import type { Scroll } from '../state/terminal.ts';
import { chatWindow, scrolled, type WindowQuery } from './chat-window.ts';
import { createDrawing } from './drawing.ts';
import { createLocalTime } from './local-time.ts';
import { messageRows } from './message-rows.ts';
import type { Row } from './style.ts';
import { createTheme } from './theme.ts';

const drawing = createDrawing(createTheme({ level: 0 }), createLocalTime('UTC'));
const END: Scroll = { kind: 'end' };

function chatOf(contents: readonly string[], sending = 0): Chat {
  return {
    ...emptyChat(GLOBAL_CONVERSATION),
    messages: contents.map((content, index) => message({ seq: index + 1, content, from: `u${index % 3}` })),
    outgoing: Array.from({ length: sending }, (_, index) => outgoing(`c${index}`, { kind: 'sending' }, `own ${index}`)),
    older: 'some',
  };
}

function query(chat: Chat, height: number, scroll: Scroll = END): WindowQuery {
  return { chat, scroll, height, now: NOON, context: { drawing, columns: 40, userId: 'me' } };
}

const long = chatOf(Array.from({ length: 100_000 }, (_, index) => `text ${index}`));

const textOf = (rows: readonly Row[]): string[] => rows.map((row) => row.map(({ text }) => text).join(''));

/** Every row of the conversation, wrapped with no regard to what is on the screen. */
function everyRow(chat: Chat): string[] {
  const { context } = query(chat, 1);
  const stored = chat.messages.flatMap((one, index) => messageRows(one, chat.messages[index - 1], context));
  return [...textOf(stored), ...chat.outgoing.map(({ content }) => `12:00 me: ${content} …`)];
}

const contents = fc.array(
  fc.string({ maxLength: 90, unit: 'grapheme-ascii' }).map((text) => text || '.'),
  {
    minLength: 1,
    maxLength: 25,
  },
);

describe('the window on a conversation', () => {
  it('shows its end, whatever its length', () => {
    fc.assert(
      fc.property(contents, fc.nat({ max: 2 }), fc.integer({ min: 1, max: 30 }), (texts, sending, height) => {
        const chat = chatOf(texts, sending);
        expect(textOf(chatWindow(query(chat, height)).rows)).toEqual(everyRow(chat).slice(-height));
      }),
    );
  });

  it('moves by exactly as many rows as asked, until the first screen is full', () => {
    fc.assert(
      fc.property(
        contents,
        fc.nat({ max: 12 }),
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 1, max: 60 }),
        (texts, sending, height, up) => {
          const chat = chatOf(texts, sending);
          const all = everyRow(chat);
          const scroll = scrolled(query(chat, height), -up);
          const bottom = Math.max(Math.min(height, all.length), all.length - up);
          const shown = textOf(chatWindow(query(chat, height, scroll)).rows);
          expect(shown).toEqual(all.slice(Math.max(0, bottom - height), bottom));
        },
      ),
    );
  });

  it('comes back by the way it went', () => {
    fc.assert(
      fc.property(contents, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20 }), (texts, height, by) => {
        const chat = chatOf(texts);
        const there = scrolled(query(chat, height), -by);
        const back = scrolled(query(chat, height, there), Number.MAX_SAFE_INTEGER);
        expect(back).toEqual(END);
      }),
    );
  });

  it('stands still while messages come, and counts them', () => {
    const chat = chatOf(['one', 'two', 'three', 'four']);
    const scroll = scrolled(query(chat, 2), -2);
    const before = textOf(chatWindow(query(chat, 2, scroll)).rows);
    const grown = chatOf(['one', 'two', 'three', 'four', 'five', 'six']);
    const after = chatWindow(query(grown, 2, scroll));
    expect(textOf(after.rows)).toEqual(before);
    expect(after.newBelow).toBe(2);
  });

  it('stands still while older messages come above', () => {
    const all = chatOf(['one', 'two', 'three', 'four', 'five', 'six']);
    const later: Chat = { ...all, messages: all.messages.slice(2) };
    const scroll = scrolled(query(later, 2), -1);
    const last = textOf(chatWindow(query(later, 2, scroll)).rows).at(-1);
    expect(textOf(chatWindow(query(all, 2, scroll)).rows).at(-1)).toBe(last);
  });

  it('knows when it is near the oldest message', () => {
    const chat = chatOf(Array.from({ length: 100 }, (_, index) => `text ${index}`));
    expect(chatWindow(query(chat, 10)).nearTop).toBe(false);
    const top = scrolled(query(chat, 10), -1_000_000);
    expect(chatWindow(query(chat, 10, top)).nearTop).toBe(true);
  });

  it('stands still while what is not stored yet is stored', () => {
    const before = chatOf(['one', 'two'], 9);
    const scroll = scrolled(query(before, 3), -4);
    const stored = Array.from({ length: 9 }, (_, index) => `own ${index}`);
    const after = chatOf(['one', 'two', ...stored]);
    expect(textOf(chatWindow(query(before, 3, scroll)).rows).at(-1)).toContain('own 4');
    expect(textOf(chatWindow(query(after, 3, scroll)).rows).at(-1)).toContain('own 4');
  });

  it.each([
    ['the end', undefined],
    ['a page up', -28],
    ['a row up', -1],
    ['the first message', Number.NEGATIVE_INFINITY],
  ])('lays out no more of 100,000 messages than the screen shows: %s', (_where, by) => {
    const height = 30;
    let laidOut = 0;
    const counting = {
      ...drawing,
      text: (raw: string) => {
        laidOut += 1;
        return raw;
      },
    };
    const at = (scroll: Scroll): WindowQuery => ({
      ...query(long, height, scroll),
      context: { drawing: counting, columns: 40, userId: 'me' },
    });
    const half = Math.floor(long.messages.length / 2);
    const middle: Scroll = { kind: 'at', seq: half, row: 0, newestSeen: half };
    const window = chatWindow(at(by === undefined ? END : scrolled(at(middle), by)));
    expect(window.rows.length).toBe(height);
    // Those of the screen, those that were passed over, and the first one, which says whether the top is near.
    const most = height + (by === undefined || by === Number.NEGATIVE_INFINITY ? 1 : 1 - by);
    expect(laidOut).toBeLessThanOrEqual(most + 1);
    chatWindow(at(by === undefined ? END : scrolled(at(middle), by)));
    expect(laidOut).toBeLessThanOrEqual(most + 1);
  });
});

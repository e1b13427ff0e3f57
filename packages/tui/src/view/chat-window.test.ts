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
      fc.property(contents, fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 60 }), (texts, height, up) => {
        const chat = chatOf(texts);
        const all = everyRow(chat);
        const scroll = scrolled(query(chat, height), -up);
        const bottom = Math.max(Math.min(height, all.length), all.length - up);
        const shown = textOf(chatWindow(query(chat, height, scroll)).rows);
        expect(shown).toEqual(all.slice(Math.max(0, bottom - height), bottom));
      }),
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

  it('costs the same for a long conversation as for a short one', () => {
    const chat = chatOf(Array.from({ length: 20_000 }, (_, index) => `text ${index}`));
    let wrapped = 0;
    const counting = {
      ...drawing,
      text: (raw: string) => {
        wrapped += 1;
        return raw;
      },
    };
    const one: WindowQuery = { ...query(chat, 30), context: { drawing: counting, columns: 40, userId: 'me' } };
    chatWindow(one);
    expect(wrapped).toBeLessThan(40);
    chatWindow(one);
    expect(wrapped).toBeLessThan(40);
  });
});

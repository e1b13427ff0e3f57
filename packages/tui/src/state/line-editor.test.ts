import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphemesOf } from '../view/text-layout.ts';
import { type EditorAction, EMPTY_EDITOR, edit, type LineEditor, lengthOf, type Place } from './line-editor.ts';

/** An editor out of `te|xt`, with the cursor at the bar. */
function at(marked: string): LineEditor {
  const cursor = marked.indexOf('|');
  return { ...EMPTY_EDITOR, text: marked.replace('|', ''), cursor };
}

function shown({ text, cursor }: LineEditor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function after(marked: string, ...actions: readonly EditorAction[]): string {
  return shown(actions.reduce(edit, at(marked)));
}

describe('moving', () => {
  it.each<[string, Place, string, string]>([
    ['left by a letter', 'left', 'ab|c', 'a|bc'],
    ['left by a whole family', 'left', 'a👨‍👩‍👧|b', 'a|👨‍👩‍👧b'],
    ['left by a letter with its marks', 'left', 'e\u0301|', '|e\u0301'],
    ['left over a line break', 'left', 'a\n|b', 'a|\nb'],
    ['not left of the start', 'left', '|a', '|a'],
    ['right by a flag', 'right', '|🇩🇪x', '🇩🇪|x'],
    ['right over a line break', 'right', 'a|\nb', 'a\n|b'],
    ['not right of the end', 'right', 'a|', 'a|'],
    ['a word left, over what stands between', 'word-left', 'one two,  |', 'one |two,  '],
    ['a word left from inside it', 'word-left', 'one tw|o', 'one |two'],
    ['a word right', 'word-right', 'one| two three', 'one two| three'],
    ['a word of letters with marks', 'word-left', 'x Tiê\u0301ng|', 'x |Tiê\u0301ng'],
    ['to the start of the line', 'line-start', 'a\nbc|d\ne', 'a\n|bcd\ne'],
    ['to the end of the line', 'line-end', 'a\nb|cd\ne', 'a\nbcd|\ne'],
    ['to the start of everything', 'start', 'a\nb|c', '|a\nbc'],
    ['to the end of everything', 'end', '|a\nbc', 'a\nbc|'],
  ])('%s', (_what, to, before, wanted) => {
    expect(after(before, { kind: 'move', to })).toBe(wanted);
  });
});

describe('deleting and cutting', () => {
  it.each<[string, EditorAction, string, string]>([
    ['a letter to the left', { kind: 'delete', to: 'left' }, 'ab|c', 'a|c'],
    ['an emoji as one', { kind: 'delete', to: 'left' }, 'a👩🏽‍💻|', 'a|'],
    ['a letter to the right', { kind: 'delete', to: 'right' }, 'a|bc', 'a|c'],
    ['nothing at the start', { kind: 'delete', to: 'left' }, '|a', '|a'],
    ['two lines to one', { kind: 'delete', to: 'left' }, 'a\n|b', 'a|b'],
    ['a word', { kind: 'cut', to: 'word-left' }, 'one two|', 'one |'],
    ['to the end of the line', { kind: 'cut', to: 'line-end' }, 'a|bc\nd', 'a|\nd'],
    ['to the start of the line', { kind: 'cut', to: 'line-start' }, 'ab|c', '|c'],
  ])('%s', (_what, action, before, wanted) => {
    expect(after(before, action)).toBe(wanted);
  });

  it('brings back what was cut last', () => {
    expect(after('one two|', { kind: 'cut', to: 'word-left' }, { kind: 'move', to: 'start' }, { kind: 'yank' })).toBe(
      'two|one ',
    );
    expect(after('draft|', { kind: 'clear' }, { kind: 'yank' })).toBe('draft|');
  });

  it('swaps two letters', () => {
    expect(after('ab|c', { kind: 'transpose' })).toBe('acb|');
    expect(after('ab|', { kind: 'transpose' })).toBe('ba|');
    expect(after('|ab', { kind: 'transpose' })).toBe('|ab');
  });
});

describe('inserting', () => {
  it('keeps line breaks and makes tabs spaces', () => {
    expect(after('|', { kind: 'insert', text: 'a\r\nb\rc\td' })).toBe('a\nb\nc    d|');
  });

  it('takes no control character in', () => {
    expect(after('|', { kind: 'insert', text: '\x1b[31mred\x07\x9b' })).toBe('[31mred|');
  });

  it('puts the cursor behind a letter that an inserted mark joins', () => {
    expect(after('e|x', { kind: 'insert', text: '\u0301' })).toBe('e\u0301|x');
  });

  it('replaces a word by its completion', () => {
    expect(after('hi @an| all', { kind: 'replace', from: 3, text: '@ana ' })).toBe('hi @ana | all');
  });
});

describe('history', () => {
  const sent = (...lines: readonly string[]): LineEditor =>
    lines.reduce((editor, text) => edit(edit(editor, { kind: 'insert', text }), { kind: 'sent' }), EMPTY_EDITOR);
  const up: EditorAction = { kind: 'up' };
  const down: EditorAction = { kind: 'down' };

  it('goes back and forth, and returns to what was being written', () => {
    const editor = edit(sent('one', 'two'), { kind: 'insert', text: 'draft' });
    const texts = [editor];
    for (const action of [up, up, up, down, down, down]) texts.push(edit(texts.at(-1) ?? editor, action));
    expect(texts.map(({ text }) => text)).toEqual(['draft', 'two', 'one', 'one', 'two', 'draft', 'draft']);
  });

  it('keeps a line once, and no empty one', () => {
    expect(sent('one', 'one', '   ', 'two').history).toEqual(['one', 'two']);
  });

  it('is not entered while there is a line above', () => {
    const editor = edit(sent('old'), { kind: 'insert', text: 'ab\ncd' });
    expect(shown(edit(editor, up))).toBe('ab|\ncd');
    expect(edit(edit(editor, up), up).text).toBe('old');
  });
});

describe('any sequence of actions', () => {
  const place = fc.constantFrom<Place>(
    'left',
    'right',
    'word-left',
    'word-right',
    'line-start',
    'line-end',
    'start',
    'end',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom('\n', '\u200d', '\u0301', '🇩', '👩', '\x1b', 'word '),
  );
  const action: fc.Arbitrary<EditorAction> = fc.oneof(
    text.map((inserted) => ({ kind: 'insert' as const, text: inserted })),
    place.map((to) => ({ kind: 'move' as const, to })),
    place.map((to) => ({ kind: 'cut' as const, to })),
    fc.constantFrom<EditorAction>(
      { kind: 'delete', to: 'left' },
      { kind: 'delete', to: 'right' },
      { kind: 'yank' },
      { kind: 'transpose' },
      { kind: 'up' },
      { kind: 'down' },
      { kind: 'clear' },
      { kind: 'sent' },
    ),
  );

  it('leaves the cursor between graphemes, and the text without control characters', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const { text: result, cursor } = actions.reduce(edit, EMPTY_EDITOR);
        const line = result.slice(result.slice(0, cursor).lastIndexOf('\n') + 1);
        const column = cursor - (result.length - line.length);
        const ends = graphemesOf(line.split('\n')[0] ?? '').map(
          (_, index, all) => all.slice(0, index + 1).join('').length,
        );
        expect([0, ...ends]).toContain(column);
        expect(result.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 500 },
    );
  });

  it('undoes a cut by a yank', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20 }), place, (actions, to) => {
        const before = actions.reduce(edit, EMPTY_EDITOR);
        const cut = edit(before, { kind: 'cut', to });
        if (cut !== before) expect(edit(cut, { kind: 'yank' }).text).toBe(before.text);
      }),
      { numRuns: 500 },
    );
  });
});

it('counts as the server does: code points, without the white space around', () => {
  expect(lengthOf('  héllo 🎉\n')).toBe(7);
});

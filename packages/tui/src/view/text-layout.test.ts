import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { safeText } from '../safe-text.ts';
import { columnsOf, fitLeft, fitRight, graphemesOf, head, tail, truncate, wrap } from './text-layout.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((raw) => safeText(raw, { lines: true }));

describe('columns and graphemes', () => {
  it('are what Unicode says, of every character alone and beside each other', () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    const wrong: string[] = [];
    for (let code = 0x20; code < 0x3000; code += 1) {
      const character = String.fromCharCode(code);
      const doubled = `${character}${character}.`;
      const parts = Array.from(segmenter.segment(doubled), ({ segment }) => segment);
      const same = graphemesOf(doubled).join('\0') === parts.join('\0');
      if (!same || columnsOf(doubled) !== stringWidth(doubled)) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });
});

describe('wrap', () => {
  it.each([
    ['keeps what fits', 'one two', 10, ['one two']],
    ['breaks at spaces', 'one two three', 8, ['one two', 'three']],
    ['breaks a word only when it is longer than a line', 'a abcdefghij', 5, ['a', 'abcde', 'fghij']],
    ['keeps line breaks, empty lines too', 'a\n\nb', 5, ['a', '', 'b']],
    ['keeps indentation', '  x', 5, ['  x']],
    ['breaks between wide characters', '你好世界', 5, ['你好', '世界']],
    ['does not split an emoji in half', 'abc🎉🎉', 4, ['abc', '🎉🎉']],
    ['keeps marks with their letter', 'क्षत्रिय', 4, ['क्ष', 'त्रिय']],
    ['gives a grapheme that is too wide a row of its own', 'क्षत्रिय', 2, ['क्ष', 'त्रि', 'य']],
    ['has no trailing spaces', 'aaaa    bbbb', 5, ['aaaa', 'bbbb']],
  ])('%s', (_what, line, columns, rows) => {
    expect(wrap(line, columns)).toEqual(rows);
  });

  it('never makes a row wider than asked, and loses nothing but white space', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 20 }), (line, columns) => {
        const rows = wrap(line, columns);
        for (const row of rows) expect(columnsOf(row)).toBeLessThanOrEqual(columns);
        expect(rows.join('').replace(/\s/gu, '')).toBe(line.replace(/\s/gu, ''));
      }),
    );
  });
});

describe('truncate and fit', () => {
  it('ends with an ellipsis only where something went', () => {
    expect(truncate('abcdef', 6)).toBe('abcdef');
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('你好吗', 4)).toBe('你…');
    expect(truncate('abc', 0)).toBe('');
    expect(truncate('abcdef', 4, '...')).toBe('a...');
  });

  it('fills exactly, for any text', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 20 }), (line, columns) => {
        const one = line.replaceAll('\n', ' ');
        expect(columnsOf(fitLeft(one, columns))).toBe(columns);
        expect(columnsOf(fitRight(one, columns))).toBe(columns);
      }),
    );
  });

  it('takes heads and tails by columns', () => {
    expect(head('你好x', 3)).toBe('你');
    expect(tail('x你好', 3)).toBe('好');
  });
});

describe('graphemesOf', () => {
  it('keeps a letter and its marks together', () => {
    expect(graphemesOf('e\u0323\u0302x')).toEqual(['e\u0323\u0302', 'x']);
  });
});

import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { MAX_MARKS, safeName, safeText } from './safe-text.ts';

/** Strings that lean towards what can do harm. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0x300, max: 0x36f }).map((code) => String.fromCharCode(code).repeat(9)),
      fc.integer({ min: 0x600, max: 0xdff }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0x1100, max: 0x11ff }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0x2000, max: 0x206f }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0x1f1e6, max: 0x1f64f }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0xe0000, max: 0xe01ef }).map((code) => String.fromCodePoint(code)),
      fc.constantFrom('\u200d', '\ufe0f', '\u{1f3fd}', '👩\u200d💻', '❤\ufe0f', '\x1b[31m', '\x1b]0;x\x07', '\r\n'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** How wide a terminal that counts code points shows it. */
function terminalWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) continue;
    width += /\p{Regional_Indicator}/u.test(character) ? 1 : stringWidth(character);
  }
  return width;
}

describe('safeText, for any string', () => {
  const each = (law: (safe: string, lines: boolean) => void): void => {
    fc.assert(
      fc.property(hostile, fc.boolean(), fc.boolean(), (text, lines, ascii) => {
        law(safeText(text, { lines, ascii }), lines);
      }),
      { numRuns: 2_000 },
    );
  };

  it('has no control character but the line breaks that were asked for', () => {
    each((safe, lines) => {
      expect(lines ? safe.replaceAll('\n', '') : safe).not.toMatch(/\p{Cc}/u);
    });
  });

  it('has nothing that reorders or hides text, and is well-formed', () => {
    each((safe) => {
      expect(safe).not.toMatch(/[\p{Bidi_Control}\p{Cs}]/u);
      expect(safe.replaceAll('\u200c', '')).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
    });
  });

  it('has no over-long run of marks, and no mark without something to sit on', () => {
    each((safe) => {
      expect(safe).not.toMatch(new RegExp(`\\p{M}{${MAX_MARKS + 1}}`, 'u'));
      expect(safe).not.toMatch(/^\p{M}/mu);
    });
  });

  it('is as wide to Ink as to a terminal that counts code points', () => {
    each((safe) => {
      for (const line of safe.split('\n')) expect(stringWidth(line)).toBe(terminalWidth(line));
    });
  });

  it('changes nothing when applied again', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, lines) => {
        const once = safeText(text, { lines });
        expect(safeText(once, { lines })).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('safeText', () => {
  it.each([
    ['plain text, as it is', 'hello, wörld ≥ 5 €', 'hello, wörld ≥ 5 €'],
    ['a colour escape, shown', '\x1b[31mred\x1b[0m', '␛[31mred␛[0m'],
    ['a window title, shown', '\x1b]0;pwned\x07', '␛]0;pwned␇'],
    ['a C1 CSI, shown', '\u009b2J', '<9B>2J'],
    ['a right-to-left override, shown', 'file\u202egpj.exe', 'file<RLO>gpj.exe'],
    ['zero-width characters, removed', 'ad\u200bm\u2060i\ufeffn', 'admin'],
    ['a tag sequence, removed', 'hi\u{e0041}\u{e0042}', 'hi'],
    ['a mark on nothing, given a place', '\u0301a', '◌\u0301a'],
    ['Zalgo, tamed', `Z${'\u0335'.repeat(50)}`, `Z${'\u0335'.repeat(4)}`],
    ['a family, one by one', '👨\u200d👩\u200d👧', '👨👩👧'],
    ['a skin tone, without it', '👍\u{1f3fd}!', '👍!'],
    ['half a flag, as its letter', '\u{1f1e9}', 'D'],
    ['a flag', '🇩🇪', '🇩🇪'],
    ['half a character', 'a\ud800b', 'a\ufffdb'],
    ['Persian with its non-joiner', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['Vietnamese, composed', 'Tiê\u0301ng', 'Tiếng'],
  ])('%s', (_what, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it('keeps line breaks only where lines are asked for', () => {
    expect(safeText('a\r\nb\nc\rd', { lines: true })).toBe('a\nb\nc␍d');
    expect(safeText('a\nb')).toBe('a␊b');
  });

  it('shows with ASCII alone on request', () => {
    expect(safeText('\x1b[2J\x7f', { ascii: true })).toBe('^[[2J^?');
  });
});

describe('safeName', () => {
  it('is one line without wide gaps', () => {
    expect(safeName('  ada\t\t love\u3000\u3000lace ')).toBe('ada love lace');
  });
});

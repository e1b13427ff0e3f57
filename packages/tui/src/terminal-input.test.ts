import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backgroundInEnv, replyFilter } from './terminal-input.ts';

function filtered(...chunks: readonly string[]): { typed: string; replies: (string | undefined)[] } {
  const replies: (string | undefined)[] = [];
  const filter = replyFilter((background) => replies.push(background));
  return { typed: chunks.map(filter).join(''), replies };
}

describe('what a terminal answers', () => {
  it.each([
    ['\x1b]11;rgb:ffff/ffff/ffff\x1b\\', 'light'],
    ['\x1b]11;rgb:fdfd/f6f6/e3e3\x07', 'light'],
    ['\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\', 'dark'],
    ['\x1b]11;rgb:00/2b/36\x07', 'dark'],
    ['\x1b]11;rgb:f/f/f\x07', 'light'],
    ['\x1b]11;rgba:ffff/ffff/ffff/ffff\x1b\\', 'light'],
    ['\x1b]11;nonsense\x07', undefined],
    ['\x1b[?62;4;22c', undefined],
  ])('%j is taken out, and understood as %s', (reply, background) => {
    expect(filtered(`a${reply}b`)).toEqual({ typed: 'ab', replies: [background] });
  });

  it('a law: cut anywhere but behind its Escape, it never becomes text, and what is typed around it stays', () => {
    const reply = '\x1b]11;rgb:fafa/fafa/fafa\x1b\\\x1b[?1;2c';
    const cuts = Array.from(reply, (_character, at) => at).filter(
      (at) => at > 0 && reply[at - 1] !== '\x1b' && !reply.startsWith('[?', at - 1),
    );
    fc.assert(
      fc.property(fc.constantFrom(...cuts), fc.string(), fc.string(), (cut, before, after) => {
        fc.pre(!`${before}${after}`.includes('\x1b'));
        const { typed, replies } = filtered(before, reply.slice(0, cut), `${reply.slice(cut)}${after}`);
        expect(typed).toBe(before + after);
        expect(replies).toEqual(['light', undefined]);
      }),
    );
  });
});

it.each([
  '\x1b',
  '\x1b[A',
  '\x1bOP',
  '\x1b[200~pasted ]11; text\x1b[201~',
  ']11;rgb:ffff/ffff/ffff',
  '\x1bb',
  'a\x1b[?',
])('what is typed stays as it is: %j', (keys) => {
  expect(filtered(keys, 'x').typed).toBe(`${keys}x`);
});

it.each([
  ['15;0', 'dark'],
  ['0;15', 'light'],
  ['0;default;15', 'light'],
  ['12;8', 'dark'],
  ['0;7', 'light'],
  ['default;default', undefined],
  ['', undefined],
])('COLORFGBG=%s is %s', (value, background) => {
  expect(backgroundInEnv({ COLORFGBG: value })).toBe(background);
});

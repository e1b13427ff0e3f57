import { describe, expect, it } from 'vitest';
import type { Background } from './palette.ts';
import { span, type Tone } from './style.ts';
import { type ColorLevel, colorLevel, createTheme, nameTone } from './theme.ts';

describe('colours', () => {
  it.each<[string, Record<string, string>, ColorLevel]>([
    ['none with NO_COLOR', { NO_COLOR: '1', COLORTERM: 'truecolor' }, 0],
    ['an empty NO_COLOR is none', { NO_COLOR: '', TERM: 'xterm-256color' }, 2],
    ['FORCE_COLOR is stronger', { NO_COLOR: '1', FORCE_COLOR: '3' }, 3],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0', COLORTERM: 'truecolor' }, 0],
    ['FORCE_COLOR alone takes what there is', { FORCE_COLOR: '', TERM: 'xterm-256color' }, 2],
    ['true colour', { COLORTERM: 'truecolor', TERM: 'xterm-256color' }, 3],
    ['256 colours', { TERM: 'screen-256color' }, 2],
    ['16 colours', { TERM: 'xterm' }, 1],
    ['a dumb terminal', { TERM: 'dumb' }, 0],
  ])('%s', (_what, env, level) => {
    expect(colorLevel(env)).toBe(level);
  });

  it('leave no escape behind without colour', () => {
    const theme = createTheme({ level: 0 });
    const row = [span('a', 'bad'), span('b', 'name-3'), span('c', 'strong', true)];
    expect(theme.paint(row)).toBe('abc');
  });

  it.each([1, 2, 3] as const)('tell good from bad at level %i', (level) => {
    const theme = createTheme({ level });
    expect(theme.paint([span('x', 'good')])).not.toBe(theme.paint([span('x', 'bad')]));
  });
});

it('gives a user the same colour every time, and users different ones', () => {
  expect(nameTone('ana.bot', 9)).toBe(nameTone('ana.bot', 9));
  expect(new Set(['ana.bot', 'bob', 'carol', 'dave', 'erin'].map((id) => nameTone(id, 9))).size).toBeGreaterThan(2);
});

/** Colours as terminals show them: xterm's first 16, and the cube and the greys that all of them share. */
const FIRST_16 =
  '000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff'.split(
    ' ',
  );
function rgbOf(code: number): readonly number[] {
  if (code < 16) return (FIRST_16[code] ?? '').match(/../g)?.map((part) => Number.parseInt(part, 16)) ?? [];
  if (code >= 232) return Array.from({ length: 3 }, () => 8 + 10 * (code - 232));
  const place = code - 16;
  return [Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map((step) =>
    step === 0 ? 0 : 55 + 40 * step,
  );
}

/** The first colour that `painted` sets; undefined where it keeps the terminal's own. */
function colorIn(painted: string): readonly number[] | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: reading escapes
  const [, sequence = ''] = /\x1b\[([\d;]*)m/.exec(painted.replaceAll(/\x1b\[[12]m/g, '')) ?? [];
  const [first = 0, kind, code = 0] = sequence.split(';').map(Number);
  if (first === 38) return kind === 5 ? rgbOf(code) : undefined;
  if (first >= 30 && first <= 37) return rgbOf(first - 30);
  return first >= 90 ? rgbOf(first - 82) : undefined;
}

/** WCAG 2.2: relative luminance, and the contrast of two. */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(a: readonly number[], b: readonly number[]): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].toSorted((one, other) => one - other);
  return (lighter + 0.05) / (darker + 0.05);
}

const TONES: readonly Tone[] = ['dim', 'own', 'up', 'down', 'good', 'warn', 'bad', 'accent'];
const BEHIND: Readonly<Record<Background, readonly (readonly number[])[]>> = {
  // Black, One Dark, Solarized; white, Solarized, a light grey.
  dark: [rgbOf(0), [0x28, 0x2c, 0x34], [0x00, 0x2b, 0x36]],
  light: [rgbOf(15), [0xfd, 0xf6, 0xe3], [0xee, 0xee, 0xee]],
};

it.each(
  (['dark', 'light'] as const).flatMap((background) =>
    ([1, 2, 3] as const).map((level) => [background, level] as const),
  ),
)('on a %s background every tone and name can be read, at level %i', (background, level) => {
  const theme = createTheme({ level, background });
  const names = Array.from({ length: theme.nameColors }, (_, index): Tone => `name-${index}`);
  // With 16 colours the others are the user's own: what is behind is then black or white.
  const behind = level === 1 ? BEHIND[background].slice(0, 1) : BEHIND[background];
  for (const tone of [...TONES, ...names]) {
    const color = colorIn(theme.paint([span('x', tone)]));
    for (const back of color === undefined ? [] : behind) {
      expect.soft(contrast(color ?? [], back), `${tone} on ${back.join(' ')}`).toBeGreaterThanOrEqual(4.5);
    }
  }
  const distinct = new Set(names.map((tone) => theme.paint([span('x', tone)])));
  expect(distinct.size).toBeGreaterThanOrEqual(level === 1 ? 5 : 13);
});

import { describe, expect, it } from 'vitest';
import { span } from './style.ts';
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

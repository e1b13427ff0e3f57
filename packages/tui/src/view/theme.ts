/** What tones look like: colours by what the terminal can do, none with NO_COLOR, and glyphs in ASCII on request. */
import { Chalk, type ChalkInstance } from 'chalk';
import { type Background, paletteOf } from './palette.ts';
import type { Row, Tone } from './style.ts';

export type { Background } from './palette.ts';

export type ColorLevel = 0 | 1 | 2 | 3;

export interface Glyphs {
  readonly live: string;
  readonly partly: string;
  readonly trying: string;
  readonly off: string;
  readonly refused: string;
  readonly up: string;
  readonly down: string;
  readonly same: string;
  readonly sending: string;
  readonly sent: string;
  readonly delivered: string;
  readonly read: string;
  readonly failed: string;
  readonly retry: string;
  readonly bar: string;
  readonly rule: string;
  /** top left, top right, bottom left, bottom right */
  readonly corners: readonly [string, string, string, string];
  readonly prompt: string;
  readonly dot: string;
  readonly ellipsis: string;
  /** A closed group, an open room; text that waits in the input line; the row with the mark. */
  readonly group: string;
  readonly room: string;
  readonly draft: string;
  readonly chosen: string;
  readonly candle: string;
  readonly cross: string;
  readonly in: string;
  readonly out: string;
  readonly alert: string;
  /** Eight heights, the lowest first. */
  readonly bars: readonly string[];
  readonly braille: boolean;
}

export const UNICODE_GLYPHS: Glyphs = {
  live: '●',
  partly: '◐',
  trying: '◌',
  off: '○',
  refused: '✗',
  up: '▲',
  down: '▼',
  same: '·',
  sending: '…',
  sent: '✓',
  delivered: '✓✓',
  read: '✓✓ read',
  failed: '✗',
  retry: '↻',
  bar: '│',
  rule: '─',
  corners: ['╭', '╮', '╰', '╯'],
  prompt: '›',
  dot: '·',
  ellipsis: '…',
  group: '◇',
  room: '#',
  draft: '✎',
  chosen: '▸',
  candle: '█',
  cross: '┊',
  in: '←',
  out: '→',
  alert: '!',
  bars: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  braille: true,
};

export const ASCII_GLYPHS: Glyphs = {
  live: '*',
  partly: '+',
  trying: '~',
  off: 'o',
  refused: 'x',
  up: '+',
  down: '-',
  same: '.',
  sending: '...',
  sent: 'ok',
  delivered: 'got',
  read: 'read',
  failed: 'x',
  retry: '~',
  bar: '|',
  rule: '-',
  corners: ['+', '+', '+', '+'],
  prompt: '>',
  dot: '-',
  ellipsis: '...',
  group: '=',
  room: '#',
  draft: '&',
  chosen: '>',
  candle: '#',
  cross: ':',
  in: '<',
  out: '>',
  alert: '!',
  bars: ['_', '_', '.', '.', '-', '-', '^', '^'],
  braille: false,
};

export interface Theme {
  readonly glyphs: Glyphs;
  readonly ascii: boolean;
  /** How many colours names are spread over. */
  readonly nameColors: number;
  /** `row` as a string with colour escapes, or without. */
  paint(row: Row): string;
}

export interface ThemeOptions {
  readonly level: ColorLevel;
  readonly ascii?: boolean | undefined;
  /** What is behind the text; dark when left out. */
  readonly background?: Background | undefined;
}

export function createTheme({ level, ascii = false, background = 'dark' }: ThemeOptions): Theme {
  const chalk = new Chalk({ level });
  const rich = level >= 2;
  const { tones, names } = paletteOf(chalk, rich, background);
  const named: Readonly<Record<Exclude<Tone, `name-${number}`>, ChalkInstance | undefined>> = {
    plain: undefined,
    strong: chalk.bold,
    title: chalk.bold,
    ...tones,
  };

  const styleOf = (tone: Tone): ChalkInstance | undefined =>
    isNameTone(tone) ? names[Number(tone.slice(5)) % names.length] : named[tone];

  return {
    glyphs: ascii ? ASCII_GLYPHS : UNICODE_GLYPHS,
    ascii,
    // The same for each background, so that only colours change with it.
    nameColors: rich ? 13 : 7,
    paint: (row) => {
      let painted = '';
      for (const { text, tone, bold } of row) {
        const style = styleOf(tone);
        if (bold === true) painted += style === undefined ? chalk.bold(text) : style.bold(text);
        else painted += style === undefined ? text : style(text);
      }
      return painted;
    },
  };
}

function isNameTone(tone: Tone): tone is `name-${number}` {
  return tone.startsWith('name-');
}

/** How many colours to use, by the environment: FORCE_COLOR first, then NO_COLOR, then what the terminal says of itself. */
export function colorLevel(env: Readonly<Record<string, string | undefined>>): ColorLevel {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) {
    const exact = ({ '0': 0, false: 0, '1': 1, '2': 2, '3': 3 } as const)[forced];
    return exact ?? (ownLevel(env) === 0 ? 1 : ownLevel(env));
  }
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return 0;
  return ownLevel(env);
}

function ownLevel(env: Readonly<Record<string, string | undefined>>): ColorLevel {
  const term = env.TERM ?? '';
  if (term === 'dumb') return 0;
  if (/^(truecolor|24bit)$/.test(env.COLORTERM ?? '') || env.WT_SESSION !== undefined) return 3;
  if (/kitty|ghostty|wezterm|alacritty|direct/.test(term)) return 3;
  if (/^(iTerm\.app|vscode|WezTerm|ghostty)$/.test(env.TERM_PROGRAM ?? '')) return 3;
  return /256/.test(term) || env.TERM_PROGRAM === 'Apple_Terminal' ? 2 : 1;
}

/** Which of `count` name colours a user has: always the same for the same id. */
export function nameTone(userId: string, count: number): Tone {
  let hash = 2_166_136_261;
  for (let index = 0; index < userId.length; index += 1) {
    hash = Math.imul(hash ^ userId.charCodeAt(index), 16_777_619);
  }
  // Short ids differ in few bits only, which a remainder would not see: they are spread over all.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return `name-${((hash ^ (hash >>> 16)) >>> 0) % count}`;
}

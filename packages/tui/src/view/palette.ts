/**
 * Which colour a tone has, by how many the terminal knows and by what is behind the text. Promise: every text has a contrast
 * of 4.5 and more (WCAG 2.2, 1.4.3), on black and on the usual dark greys, on white and on the usual creams. Ordinary text
 * keeps the terminal's own colour.
 */
import type { ChalkInstance } from 'chalk';
import type { Tone } from './style.ts';

export type Background = 'dark' | 'light';

/** Tones with a colour of their own. */
type ColoredTone = Exclude<Tone, 'plain' | 'strong' | 'title' | `name-${number}`>;

export interface Palette {
  readonly tones: Readonly<Record<ColoredTone, ChalkInstance>>;
  /** What names are spread over. */
  readonly names: readonly ChalkInstance[];
}

/** Numbers of the 256 colours: from 16 on they are the same everywhere, where the first 16 are as people set them. */
interface Codes {
  readonly tones: Readonly<Record<ColoredTone, number>>;
  readonly names: readonly number[];
}

const CODES: Readonly<Record<Background, Codes>> = {
  dark: {
    tones: { dim: 247, frame: 244, own: 75, accent: 75, up: 78, good: 78, down: 210, bad: 210, warn: 179 },
    names: [215, 73, 141, 107, 175, 111, 178, 210, 74, 180, 176, 79, 149],
  },
  light: {
    tones: { dim: 240, frame: 242, own: 25, accent: 25, up: 22, good: 22, down: 160, bad: 160, warn: 94 },
    names: [94, 23, 91, 58, 125, 26, 124, 24, 95, 127, 22, 55, 61],
  },
};

/** On white there are but these: green, yellow and cyan can be read on no terminal's own. */
const NAMES_16 = {
  dark: ['cyan', 'magentaBright', 'yellowBright', 'green', 'redBright', 'cyanBright', 'greenBright'],
  light: ['blue', 'magenta', 'red', 'blueBright', 'black'],
} as const;

/** `rich`: 256 colours and more; else 16. */
export function paletteOf(chalk: ChalkInstance, rich: boolean, background: Background): Palette {
  if (rich) {
    const { tones, names } = CODES[background];
    const { dim, frame, own, accent, up, good, down, bad, warn } = tones;
    const color = (code: number): ChalkInstance => chalk.ansi256(code);
    return {
      tones: {
        dim: color(dim),
        frame: color(frame),
        own: color(own).bold,
        accent: color(accent),
        up: color(up),
        good: color(good),
        down: color(down),
        bad: color(bad),
        warn: color(warn),
      },
      names: names.map(color),
    };
  }
  const names = NAMES_16[background].map((color) => chalk[color]);
  const others = { dim: chalk.dim, frame: chalk.dim };
  if (background === 'light') {
    const [good, bad, warn] = [chalk.blue, chalk.red, chalk.magenta];
    return {
      tones: { ...others, own: good.bold, accent: good, up: good, good, down: bad, bad, warn },
      names,
    };
  }
  const [good, bad, warn, accent] = [chalk.green, chalk.redBright, chalk.yellowBright, chalk.cyan];
  return { tones: { ...others, own: accent.bold, accent, up: good, good, down: bad, bad, warn }, names };
}

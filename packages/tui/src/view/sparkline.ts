/** A series as a row of bars or of braille dots (two points a column). */
import { UNICODE_GLYPHS } from './theme.ts';

/** The newest `columns` values, each as one of `bars` (lowest first), scaled to their own least and most. */
export function barSparkline(values: readonly number[], columns: number, bars = UNICODE_GLYPHS.bars): string {
  const shown = values.slice(-columns);
  const { heightOf } = scaled(shown, bars.length);
  return shown
    .map((value) => bars[heightOf(value)] ?? '')
    .join('')
    .padStart(columns);
}

/** Bits of a braille cell, from the lowest dot up: left column, right column. */
const LEFT_DOTS = [0x40, 0x04, 0x02, 0x01];
const RIGHT_DOTS = [0x80, 0x20, 0x10, 0x08];

/** The newest 2 × `columns` values as a line of braille dots, scaled to their own least and most. */
export function brailleSparkline(values: readonly number[], columns: number): string {
  const shown = values.slice(-columns * 2);
  const { heightOf } = scaled(shown, 4);
  const lead = columns * 2 - shown.length;
  const dots = (index: number, bits: readonly number[]): number => {
    const value = shown[index - lead];
    return value === undefined ? 0 : (bits[heightOf(value)] ?? 0);
  };
  let line = '';
  for (let column = 0; column < columns; column += 1) {
    const cell = dots(column * 2, LEFT_DOTS) | dots(column * 2 + 1, RIGHT_DOTS);
    line += cell === 0 ? ' ' : String.fromCodePoint(0x2800 + cell);
  }
  return line;
}

function scaled(values: readonly number[], heights: number): { heightOf: (value: number) => number } {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const span = most - least;
  // A price that stands still is drawn in the middle, not on the floor.
  if (!(span > 0)) return { heightOf: () => Math.floor((heights - 1) / 2) };
  return { heightOf: (value) => Math.min(heights - 1, Math.floor(((value - least) / span) * heights)) };
}

/** A series as a row of bars, or as a chart of several rows, of braille dots where the terminal may have them. */
import { UNICODE_GLYPHS } from './theme.ts';

/**
 * The mean of each run of `each` values, oldest first. Runs end where `step` (the number of the last value) says, not
 * where the list does, so that a growing list moves by whole runs and does not flicker.
 */
export function inRuns(values: readonly number[], step: number, each: number): number[] {
  const means: number[] = [];
  let end = values.length;
  let length = (step % each) + 1;
  while (end > 0) {
    const run = values.slice(Math.max(0, end - length), end);
    means.unshift(run.reduce((sum, value) => sum + value, 0) / run.length);
    end -= length;
    length = each;
  }
  return means;
}

/** `values` drawn out to `count` points, with straight lines between them; as they are where there are more. */
export function stretched(values: readonly number[], count: number): readonly number[] {
  const [first] = values;
  if (first === undefined || values.length >= count) return values;
  return Array.from({ length: count }, (_, index) => {
    const place = count === 1 ? 0 : (index * (values.length - 1)) / (count - 1);
    const left = values[Math.floor(place)] ?? first;
    const right = values[Math.ceil(place)] ?? left;
    return left + (right - left) * (place % 1);
  });
}

/** The newest `columns` values, each as one of `bars` (lowest first), scaled to their own least and most. */
export function barSparkline(values: readonly number[], columns: number, bars = UNICODE_GLYPHS.bars): string {
  const shown = values.slice(-columns);
  const heightOf = scaled(shown, bars.length);
  return shown
    .map((value) => bars[heightOf(value)] ?? '')
    .join('')
    .padStart(columns);
}

/** Bits of a braille cell's dots, from the lowest up: left column, right column. */
const DOTS = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const;

/**
 * The newest 2 × `columns` values as a line of braille dots over `height` rows, the top row first. `floor` is what the
 * lowest dot stands for: the least of the values when left out.
 */
export function brailleChart(values: readonly number[], columns: number, height: number, floor?: number): string[] {
  const shown = values.slice(-columns * 2);
  const heightOf = scaled(shown, height * 4, floor);
  const lead = columns * 2 - shown.length;
  const cells = Array.from({ length: height }, () => new Array<number>(columns).fill(0));
  let before: number | undefined;
  for (const [index, value] of shown.entries()) {
    const at = heightOf(value);
    const from = before === undefined ? at : before < at ? before + 1 : before > at ? before - 1 : at;
    // Steep moves are drawn through, so that the line does not break.
    for (let dot = Math.min(from, at); dot <= Math.max(from, at); dot += 1) {
      const x = lead + index;
      const line = cells[height - 1 - Math.floor(dot / 4)];
      const column = x >> 1;
      if (line !== undefined) line[column] = (line[column] ?? 0) | (DOTS[x % 2 === 0 ? 0 : 1][dot % 4] ?? 0);
    }
    before = at;
  }
  return cells.map((line) => line.map((cell) => (cell === 0 ? ' ' : String.fromCodePoint(0x2800 + cell))).join(''));
}

/** The newest `columns` values as columns of `bars` over `height` rows, for terminals without braille. */
export function barChart(values: readonly number[], columns: number, height: number, mark = '*'): string[] {
  const shown = values.slice(-columns);
  const heightOf = scaled(shown, height);
  const lead = columns - shown.length;
  return Array.from({ length: height }, (_, row) =>
    ' '.repeat(lead).concat(shown.map((value) => (heightOf(value) === height - 1 - row ? mark : ' ')).join('')),
  );
}

function scaled(values: readonly number[], heights: number, floor?: number): (value: number) => number {
  const least = floor ?? Math.min(...values);
  const range = Math.max(...values) - least;
  // A price that stands still is drawn in the middle, not on the floor.
  if (!(range > 0)) return () => (floor === undefined ? Math.floor((heights - 1) / 2) : 0);
  return (value) => Math.min(heights - 1, Math.floor(((value - least) / range) * heights));
}

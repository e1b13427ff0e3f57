/** Every key and command on one page: side by side where there is room, else one below the other. */
import { SLASH_COMMANDS } from '../session/slash-commands.ts';
import { type Page, pageOf } from './page.ts';
import { fitRow, type Row, span } from './style.ts';
import { fitLeft, wrap } from './text-layout.ts';

/** What keys do, as the help says it. */
export const HELP_KEYS: readonly (readonly [string, string])[] = [
  ['Enter', 'send; Alt-Enter, Ctrl-J: new line'],
  ['Ctrl-N, Ctrl-P', 'next, previous conversation'],
  ['Alt-1 to 9, Alt-0', 'that conversation; next unread one'],
  ['Tab', 'complete; in an empty line: prices'],
  ['PgUp, PgDn', 'scroll; Shift-Up, -Down: by one row'],
  ['Alt-R', 'send a failed message again now'],
  ['Esc', 'to the newest message; close, go back'],
  ['Ctrl-Home, -End', 'oldest that is loaded, newest'],
  ['Up, Down', 'what you sent before'],
  ['Ctrl-A, Ctrl-E', 'start, end of the line (Home, End)'],
  ['Alt-B, Alt-F', 'a word left, right (Ctrl-Left, -Right)'],
  ['Ctrl-W, Alt-D', 'cut a word left, right'],
  ['Ctrl-U, Ctrl-K', 'cut to the start, to the end'],
  ['Ctrl-Y, Ctrl-T', 'bring back what was cut; swap letters'],
  ['F1, F2', 'help; what goes over the wire'],
  ['Ctrl-L, Ctrl-Z', 'draw anew; to the shell (fg returns)'],
  ['Ctrl-C, Ctrl-D', 'clear the line; leave when it is empty'],
  ['in prices', 'Enter chart, s sort, r turn, / find'],
  ['in a chart', 'arrows crosshair, 1-4 interval, c line'],
  ['in the wire view', 'Enter in full, Space pause, / find'],
];

const COMMANDS = SLASH_COMMANDS.map(({ name, takes, what }) => [`/${name} ${takes}`.trimEnd(), what] as const);

/** What a key does stands below it up to here. */
const NARROW = 72;
/** Two columns from here on. */
const BESIDE = 96;

/** As many rows of the help as fit `height`, from row `first` on. */
export function helpRows(columns: number, height: number, first = 0): readonly Row[] {
  const all = allRows(columns);
  const from = Math.max(0, Math.min(first, all.length - height));
  return all.slice(from, from + height);
}

export function helpPage(columns: number, height: number): Page {
  return pageOf(allRows(columns).length, height);
}

function belowEachOther(name: string | undefined, what: string | undefined, columns: number): readonly Row[] {
  if (name === undefined || what === undefined) return [[]];
  return [[span(name, 'accent')], ...wrap(what, columns - 2).map((row): Row => [span(`  ${row}`)])];
}

function allRows(columns: number): readonly Row[] {
  const beside = columns >= BESIDE;
  const half = beside ? Math.floor((columns - 2) / 2) : columns;
  const left = beside ? 19 : 28;
  const line = (name: string, what: string): Row =>
    fitRow([span(fitLeft(`${name} `, left), 'accent'), span(what)], half);
  const commands = COMMANDS.map(([name, what]) => line(name, what));
  const keys = HELP_KEYS.map(([name, what]) => line(name, what));
  if (columns < NARROW)
    return [...HELP_KEYS, [], ...COMMANDS].flatMap(([name, what]) => belowEachOther(name, what, columns));
  if (beside) {
    const rows = Math.max(keys.length, commands.length);
    const blank = fitRow([], half);
    return Array.from(
      { length: rows },
      (_, row): Row => [...(keys[row] ?? blank), span('  '), ...(commands[row] ?? blank)],
    );
  }
  return [...keys, [], ...commands];
}

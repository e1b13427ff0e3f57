/** Every key and command on one page. */
import { SLASH_COMMANDS } from '../session/slash-commands.ts';
import { type Row, span } from './style.ts';
import { fitLeft } from './text-layout.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['Enter', 'send'],
  ['Alt-Enter, Ctrl-J', 'new line in the message'],
  ['Up, Down', 'what you sent before; lines of a longer message'],
  ['PgUp, PgDn', 'scroll the conversation; Esc goes to its end'],
  ['Shift-Up, -Down', 'scroll by one row'],
  ['Ctrl-Home, -End', 'to the oldest that is loaded, to the newest'],
  ['Home, End', 'start, end of the line (Ctrl-A, Ctrl-E)'],
  ['Alt-B, Alt-F', 'a word left, right (Ctrl-Left, Ctrl-Right)'],
  ['Ctrl-W, Alt-D', 'cut a word left, right'],
  ['Ctrl-U, Ctrl-K', 'cut to the start, to the end of the line'],
  ['Ctrl-Y', 'bring back what was cut'],
  ['Tab', 'complete a command, name or symbol; next chart'],
  ['Ctrl-L', 'draw the screen anew'],
  ['Ctrl-Z', 'back to the shell; fg returns'],
  ['Ctrl-C', 'clear the line; leave when it is empty (Ctrl-D too)'],
];

/** Rows of the help; what does not fit `height` is left out from the end of the keys, never the commands. */
export function helpRows(columns: number, height: number): readonly Row[] {
  const left = columns >= 60 ? 24 : 18;
  const line = (name: string, what: string): Row => [span(fitLeft(name, left), 'accent'), span(what)];
  const commands = SLASH_COMMANDS.map(({ name, what }) => line(`/${name}`, what));
  const keys = KEYS.map(([name, what]) => line(name, what));
  const both: readonly Row[] = [...keys, [], ...commands];
  if (both.length <= height) return both;
  const room = Math.max(0, height - commands.length);
  return [...commands, ...keys.slice(0, room)].slice(0, height);
}

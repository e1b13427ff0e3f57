/**
 * A step as lines: offset, bytes in hex and as text at the left, what they mean at the right. Both columns go on over as
 * many lines as the longer one needs. Nothing that a terminal would obey is written, whatever came.
 */

import { safeText } from '@rtd/tui/safe-text';
import { Chalk, type ColorSupportLevel } from 'chalk';
import type { Field, Step } from './step.ts';

export interface Paper {
  readonly columns: number;
  readonly level: ColorSupportLevel;
}

/** Bytes of one field; more are counted. */
const MOST_BYTES = 512;
const NARROW = 8;
const WIDE = 16;
/** From here on there is room for sixteen bytes and a sentence. */
const WIDE_COLUMNS = 132;

/** Without line breaks at the ends. `number` is the step's, from 1. */
export function layOut(step: Step, number: number, { columns, level }: Paper): readonly string[] {
  const colour = new Chalk({ level });
  const perRow = columns >= WIDE_COLUMNS ? WIDE : NARROW;
  const lines = ['', `${colour.bold(`${number}. ${safeText(step.title)}`)}  ${colour.dim(step.clause)}`];
  for (const line of wrap(safeText(step.note), Math.min(columns, 100) - 3)) lines.push(`   ${line}`);
  const arrow = step.direction === 'sent' ? colour.cyan('→') : step.direction === 'received' ? colour.green('←') : ' ';
  const hues = step.direction === 'sent' ? [colour.cyan, colour.blueBright] : [colour.green, colour.greenBright];
  let wire = 0;
  let unmasked = 0;
  for (const [index, field] of step.fields.entries()) {
    const hue = hues[index % hues.length] ?? colour.reset;
    const left = rowsOf(field.bytes, perRow);
    const leftWidth = perRow * 3 + perRow + 2;
    const right = meaningOf(field, columns - leftWidth - 12);
    const offset = field.unmasked === true ? unmasked : wire;
    const sign = field.unmasked === true ? '+' : '';
    for (let row = 0; row < Math.max(left.length, right.length); row += 1) {
      const bytes = left[row];
      const at =
        bytes === undefined || bytes.more
          ? '    '
          : `${sign}${(offset + row * perRow).toString(16).padStart(4 - sign.length, '0')}`;
      const shown =
        bytes === undefined
          ? ' '.repeat(leftWidth)
          : `${hue(bytes.hex.padEnd(perRow * 3))} ${hue(bytes.text.padEnd(perRow))} `;
      lines.push(`   ${row === 0 ? arrow : ' '} ${colour.dim(at)}  ${shown} ${right[row] ?? ''}`.trimEnd());
    }
    if (field.unmasked === true) unmasked += field.bytes.length;
    else wire += field.bytes.length;
  }
  return lines;

  function meaningOf({ text, meaning, clause }: Field, width: number): readonly string[] {
    const head = text === undefined ? [] : wrap(safeText(text), width).map((line) => colour.bold(line));
    const body = wrap(safeText(meaning), width);
    if (clause === undefined) return [...head, ...body];
    const last = body.at(-1) ?? '';
    const tail = colour.dim(clause);
    return last.length + clause.length + 2 <= width
      ? [...head, ...body.slice(0, -1), `${last}  ${tail}`]
      : [...head, ...body, tail];
  }
}

interface Row {
  readonly hex: string;
  readonly text: string;
  readonly more: boolean;
}

function rowsOf(bytes: Buffer, perRow: number): readonly Row[] {
  const rows: Row[] = [];
  for (let start = 0; start < Math.min(bytes.length, MOST_BYTES); start += perRow) {
    const row = [...bytes.subarray(start, Math.min(start + perRow, MOST_BYTES))];
    rows.push({
      hex: row.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      text: row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(''),
      more: false,
    });
  }
  const left = bytes.length - MOST_BYTES;
  if (left > 0) rows.push({ hex: `and ${left} more`, text: '', more: true });
  return rows;
}

/** `text` in lines of at most `width` (20 at the least), broken at spaces, and inside of words that are longer. */
export function wrap(text: string, width: number): readonly string[] {
  const most = Math.max(width, 20);
  const lines: string[] = [];
  let line = '';
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${most}}`, 'gsu')) ?? ['']);
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

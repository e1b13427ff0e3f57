/** Rows as data: pieces of text with a tone. What a tone looks like is the theme's business. */
import { columnsOf, truncate } from './text-layout.ts';

export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'title'
  | 'frame'
  | 'own'
  | 'up'
  | 'down'
  | 'good'
  | 'warn'
  | 'bad'
  | 'accent'
  | `name-${number}`;

export interface Span {
  readonly text: string;
  readonly tone: Tone;
  readonly bold?: boolean | undefined;
}

export type Row = readonly Span[];

export function span(text: string, tone: Tone = 'plain', bold?: boolean): Span {
  return { text, tone, bold };
}

export function rowColumns(row: Row): number {
  return row.reduce((sum, { text }) => sum + columnsOf(text), 0);
}

/** `row` cut (with an ellipsis) or filled with spaces to exactly `columns`. */
export function fitRow(row: Row, columns: number): Row {
  const fitted: Span[] = [];
  let left = columns;
  for (const piece of row) {
    const width = columnsOf(piece.text);
    if (width > left) {
      const text = truncate(piece.text, left);
      fitted.push({ ...piece, text });
      left -= columnsOf(text);
      break;
    }
    fitted.push(piece);
    left -= width;
  }
  if (left > 0) fitted.push(span(' '.repeat(left)));
  return fitted;
}

/** `left` and `right` at the ends of a row of exactly `columns`; what does not fit is cut off `left`. */
export function spread(left: Row, right: Row, columns: number): Row {
  const rightColumns = rowColumns(right);
  if (rightColumns >= columns) return fitRow(right, columns);
  return [...fitRow(left, columns - rightColumns), ...right];
}

/** The tone of a change as it is shown: what reads as zero is neither. */
export function percentTone(percent: number): Tone {
  const shown = Number(percent.toFixed(2));
  return shown > 0 ? 'up' : shown < 0 ? 'down' : 'dim';
}

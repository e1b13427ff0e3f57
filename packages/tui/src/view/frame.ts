/** Boxes and rules around rows, with words in their borders. */
import { fitRow, type Row, rowColumns, span, spread } from './style.ts';
import type { Glyphs } from './theme.ts';

export interface FrameOptions {
  readonly title: Row;
  readonly footer?: Row | undefined;
  readonly footerRight?: Row | undefined;
  readonly columns: number;
  /** Rows inside. */
  readonly height: number;
  readonly glyphs: Glyphs;
}

/** `rows` in a box of `columns` × (`height` + 2), with a space at each side; what is missing stays empty. */
export function framed(rows: readonly Row[], options: FrameOptions): readonly Row[] {
  const { columns, height, glyphs } = options;
  const [topLeft, topRight, bottomLeft, bottomRight] = glyphs.corners;
  const side = span(glyphs.bar, 'frame');
  const inside = columns - 4;
  const body = Array.from(
    { length: height },
    (_, index): Row => [side, span(' '), ...fitRow(rows[index] ?? [], inside), span(' '), side],
  );
  const top = ruleRow(options.title, [], columns - 2, glyphs);
  const bottom = ruleRow(options.footer ?? [], options.footerRight ?? [], columns - 2, glyphs);
  return [
    [span(topLeft, 'frame'), ...top, span(topRight, 'frame')],
    ...body,
    [span(bottomLeft, 'frame'), ...bottom, span(bottomRight, 'frame')],
  ];
}

/** A rule over `columns` with words at its left and at its right. */
export function ruleRow(left: Row, right: Row, columns: number, glyphs: Glyphs): Row {
  const words = (row: Row): Row => (row.length === 0 ? [] : [span(' '), ...row, span(' ')]);
  const start: Row = [span(glyphs.rule, 'frame'), ...words(left)];
  const end: Row = right.length === 0 ? [] : [...words(right), span(glyphs.rule, 'frame')];
  const between = columns - rowColumns(start) - rowColumns(end);
  if (between < 0) return spread(start, end, columns);
  return [...start, span(glyphs.rule.repeat(between), 'frame'), ...end];
}

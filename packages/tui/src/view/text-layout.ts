/**
 * Text in terminal columns: how wide it is, cut, filled and wrapped. Expects what {@link safeText} made; counts graphemes,
 * never splits one.
 */
import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/**
 * Characters that are a grapheme and a column each, whatever stands beside them: Latin, Cyrillic, and what this program
 * draws with. Most text is nothing else, and asking Unicode about it is the dearest part of a frame.
 */
const NARROW =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0400-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u2199\u21bb\u2500-\u25fc\u270e\u2713\u2717\u2800-\u28ff]*$/;

/** Columns that `text` takes on one line. */
export function columnsOf(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** The graphemes of `text`: what a cursor moves over. */
export function graphemesOf(text: string): string[] {
  return NARROW.test(text) ? text.split('') : Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** `text` in at most `columns`, with `ellipsis` as its end where something had to go. */
export function truncate(text: string, columns: number, ellipsis = '…'): string {
  if (columns <= 0) return '';
  if (columnsOf(text) <= columns) return text;
  return head(text, columns - columnsOf(ellipsis)) + (columns >= columnsOf(ellipsis) ? ellipsis : '');
}

/** As much of the start of `text` as fits `columns`. */
export function head(text: string, columns: number): string {
  let taken = '';
  let width = 0;
  for (const grapheme of graphemesOf(text)) {
    width += columnsOf(grapheme);
    if (width > columns) break;
    taken += grapheme;
  }
  return taken;
}

/** As much of the end of `text` as fits `columns`. */
export function tail(text: string, columns: number): string {
  const parts = graphemesOf(text);
  let width = 0;
  let from = parts.length;
  while (from > 0) {
    width += columnsOf(parts[from - 1] ?? '');
    if (width > columns) break;
    from -= 1;
  }
  return parts.slice(from).join('');
}

/** Cut or filled with spaces to exactly `columns`, text at the left. */
export function fitLeft(text: string, columns: number, ellipsis = '…'): string {
  const cut = truncate(text, columns, ellipsis);
  return cut + ' '.repeat(Math.max(0, columns - columnsOf(cut)));
}

/** Cut or filled with spaces to exactly `columns`, text at the right. */
export function fitRight(text: string, columns: number, ellipsis = '…'): string {
  const cut = truncate(text, columns, ellipsis);
  return ' '.repeat(Math.max(0, columns - columnsOf(cut))) + cut;
}

/**
 * Wraps at white space, and inside a word only where it is longer than a line, or after a wide character (as Chinese and
 * Japanese do). Line breaks in the text stay. Never an empty list; no row is wider than `columns` (at least 2 are used),
 * but for a single grapheme that is.
 */
export function wrap(text: string, columns: number): string[] {
  const width = Math.max(2, columns);
  return text.split('\n').flatMap((line) => (columnsOf(line) <= width ? [line] : wrapLine(line, width)));
}

function wrapLine(line: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  let rowWidth = 0;
  const endRow = (): void => {
    rows.push(row.trimEnd());
    row = '';
    rowWidth = 0;
  };
  for (const piece of pieces(line)) {
    if (rowWidth + piece.width <= width) {
      row += piece.text;
      rowWidth += piece.width;
      continue;
    }
    if (piece.blank) {
      endRow();
      continue;
    }
    if (rowWidth > 0) endRow();
    for (const grapheme of graphemesOf(piece.text)) {
      const columns = columnsOf(grapheme);
      if (rowWidth > 0 && rowWidth + columns > width) endRow();
      row += grapheme;
      rowWidth += columns;
    }
  }
  if (row !== '' || rows.length === 0) endRow();
  return rows;
}

interface Piece {
  readonly text: string;
  readonly width: number;
  readonly blank: boolean;
}

/** Runs of white space, words, and single wide characters: a row may end before each. */
function* pieces(line: string): Generator<Piece> {
  for (const [run] of line.matchAll(/\s+|\S+/gu)) {
    const blank = /^\s/u.test(run);
    const width = columnsOf(run);
    if (blank || width === run.length) {
      yield { text: run, width, blank };
      continue;
    }
    let word = '';
    for (const grapheme of graphemesOf(run)) {
      const columns = columnsOf(grapheme);
      if (columns < 2) {
        word += grapheme;
        continue;
      }
      if (word !== '') yield { text: word, width: columnsOf(word), blank };
      word = '';
      yield { text: grapheme, width: columns, blank };
    }
    if (word !== '') yield { text: word, width: columnsOf(word), blank };
  }
}

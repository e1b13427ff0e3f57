/** The line editor as rows, with the place of the cursor in them. Wraps by characters, as editors do. */
import type { LineEditor } from '../state/line-editor.ts';
import type { Drawing } from './drawing.ts';
import { columnsOf, graphemesOf } from './text-layout.ts';

export interface EditorRows {
  /** At least one, at most `maxRows`: those around the cursor. */
  readonly rows: readonly string[];
  readonly cursor: { readonly x: number; readonly y: number };
}

export function editorRows(editor: LineEditor, columns: number, maxRows: number, drawing: Drawing): EditorRows {
  // One column stays free for the cursor behind the last character.
  const width = Math.max(2, columns - 1);
  const rows: string[] = [];
  let row = '';
  let rowColumns = 0;
  let cursor = { x: 0, y: 0 };
  let at = 0;
  for (const line of editor.text.split('\n')) {
    if (at === editor.cursor) cursor = { x: 0, y: rows.length };
    for (const grapheme of graphemesOf(line)) {
      const shown = drawing.text(grapheme);
      const wide = columnsOf(shown);
      if (rowColumns > 0 && rowColumns + wide > width) {
        rows.push(row);
        row = '';
        rowColumns = 0;
      }
      if (at === editor.cursor) cursor = { x: rowColumns, y: rows.length };
      row += shown;
      rowColumns += wide;
      at += grapheme.length;
    }
    if (at === editor.cursor) cursor = { x: rowColumns, y: rows.length };
    rows.push(row);
    row = '';
    rowColumns = 0;
    at += 1;
  }
  const first = Math.max(0, Math.min(cursor.y - maxRows + 1, rows.length - maxRows), cursor.y - maxRows + 1);
  const shown = rows.slice(first, first + maxRows);
  return { rows: shown, cursor: { x: cursor.x, y: cursor.y - first } };
}

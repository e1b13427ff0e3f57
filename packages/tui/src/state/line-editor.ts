/**
 * The text that is being typed, as a pure value: text, cursor, what was cut, and what was sent before. The cursor is an
 * offset into the text that never stands inside a grapheme. Text may have several lines, no other control character.
 */
import { graphemesOf } from '../view/text-layout.ts';

export interface LineEditor {
  readonly text: string;
  /** UTF-16 offset, on a grapheme boundary. */
  readonly cursor: number;
  /** What was cut last, for yank. */
  readonly cut: string;
  /** Sent lines, oldest first. */
  readonly history: readonly string[];
  /** Index into `history` while one of it is shown. */
  readonly recalled: number | undefined;
  /** What stood here before history was opened. */
  readonly draft: string;
}

export type Place = 'left' | 'right' | 'word-left' | 'word-right' | 'line-start' | 'line-end' | 'start' | 'end';

export type EditorAction =
  | { readonly kind: 'insert'; readonly text: string }
  | { readonly kind: 'move'; readonly to: Place }
  /** Deletes up to there. */
  | { readonly kind: 'delete'; readonly to: 'left' | 'right' }
  /** Deletes up to there and keeps it for `yank`. */
  | { readonly kind: 'cut'; readonly to: Place }
  | { readonly kind: 'yank' }
  | { readonly kind: 'transpose' }
  /** A line up or down; over the first line, an older entry of the history; under the last, a newer one. */
  | { readonly kind: 'up' }
  | { readonly kind: 'down' }
  /** Throws the text away; it can be yanked back. */
  | { readonly kind: 'clear' }
  /** Replaces the text from `from` to the cursor (completion). */
  | { readonly kind: 'replace'; readonly from: number; readonly text: string }
  /** The text was sent: it moves into the history. */
  | { readonly kind: 'sent' }
  /** The text waits elsewhere: an empty line, and nothing to bring back here. */
  | { readonly kind: 'left' };

const MAX_HISTORY = 200;
/** More than any message may have, so that pasting too much is seen and not silently cut at the limit. */
const MAX_TEXT = 20_000;

export const EMPTY_EDITOR: LineEditor = {
  text: '',
  cursor: 0,
  cut: '',
  history: [],
  recalled: undefined,
  draft: '',
};

/** `editor` after `action`; the same object where nothing changed. */
export function edit(editor: LineEditor, action: EditorAction): LineEditor {
  switch (action.kind) {
    case 'insert':
      return replaceRange(editor, editor.cursor, editor.cursor, cleaned(action.text));
    case 'replace':
      return replaceRange(editor, Math.min(action.from, editor.cursor), editor.cursor, cleaned(action.text));
    case 'move':
      return withCursor(editor, placeOf(editor, action.to));
    case 'delete': {
      const [from, to] = rangeTo(editor, action.to);
      return replaceRange(editor, from, to, '');
    }
    case 'cut': {
      const [from, to] = rangeTo(editor, action.to);
      if (from === to) return editor;
      return { ...replaceRange(editor, from, to, ''), cut: editor.text.slice(from, to) };
    }
    case 'yank':
      return replaceRange(editor, editor.cursor, editor.cursor, editor.cut);
    case 'transpose':
      return transpose(editor);
    case 'up':
      return vertically(editor, -1);
    case 'down':
      return vertically(editor, 1);
    case 'clear':
      if (editor.text === '') return editor;
      return { ...editor, text: '', cursor: 0, cut: editor.text, recalled: undefined, draft: '' };
    case 'left':
      return { ...editor, text: '', cursor: 0, recalled: undefined, draft: '' };
    case 'sent': {
      const repeated = editor.history.at(-1) === editor.text || editor.text.trim() === '';
      const history = repeated ? editor.history : [...editor.history, editor.text].slice(-MAX_HISTORY);
      return { ...editor, text: '', cursor: 0, history, recalled: undefined, draft: '' };
    }
  }
}

/** Characters as the server counts them: code points after trimming. */
export function lengthOf(text: string): number {
  return [...text.trim()].length;
}

/** Typed or pasted text as the editor may hold it: line breaks as `\n`, tabs as spaces, no other control character. */
function cleaned(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
      .replace(/\t/g, '    ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
      .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '')
  );
}

function replaceRange(editor: LineEditor, from: number, to: number, text: string): LineEditor {
  if (from === to && text === '') return editor;
  const room = MAX_TEXT - (editor.text.length - (to - from));
  const fits = text.length <= room ? text : text.slice(0, Math.max(0, room)).toWellFormed();
  const joined = editor.text.slice(0, from) + fits + editor.text.slice(to);
  // An inserted mark may join the letter before or after it: the cursor goes behind what they became.
  return { ...editor, text: joined, cursor: boundaryAt(joined, from + fits.length), recalled: undefined };
}

function withCursor(editor: LineEditor, cursor: number): LineEditor {
  return cursor === editor.cursor ? editor : { ...editor, cursor };
}

/** The grapheme boundary at `offset`, or the one after it (`before`: the one before it). */
function boundaryAt(text: string, offset: number, before = false): number {
  if (offset >= text.length) return text.length;
  const start = lineStart(text, offset);
  let at = start;
  for (const grapheme of graphemesOf(text.slice(start, lineEnd(text, offset)))) {
    if (at >= offset || (before && at + grapheme.length > offset)) break;
    at += grapheme.length;
  }
  return at;
}

function lineStart(text: string, offset: number): number {
  // lastIndexOf would take a negative place for the first.
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

function placeOf({ text, cursor }: LineEditor, place: Place): number {
  switch (place) {
    case 'left': {
      if (cursor === 0) return 0;
      const start = lineStart(text, cursor);
      if (start === cursor) return cursor - 1;
      return cursor - (graphemesOf(text.slice(start, cursor)).at(-1)?.length ?? 1);
    }
    case 'right': {
      const end = lineEnd(text, cursor);
      if (end === cursor) return Math.min(text.length, cursor + 1);
      return cursor + (graphemesOf(text.slice(cursor, end))[0]?.length ?? 1);
    }
    case 'word-left':
      return boundaryAt(
        text,
        text.slice(0, cursor).replace(/[\p{L}\p{N}\p{M}_]*[^\p{L}\p{N}\p{M}_]*$/u, '').length,
        true,
      );
    case 'word-right':
      return boundaryAt(
        text,
        cursor + (/^[^\p{L}\p{N}\p{M}_]*[\p{L}\p{N}\p{M}_]*/u.exec(text.slice(cursor))?.[0].length ?? 0),
      );
    case 'line-start':
      return lineStart(text, cursor);
    case 'line-end':
      return lineEnd(text, cursor);
    case 'start':
      return 0;
    case 'end':
      return text.length;
  }
}

function rangeTo(editor: LineEditor, place: Place): readonly [number, number] {
  const target = placeOf(editor, place);
  return target < editor.cursor ? [target, editor.cursor] : [editor.cursor, target];
}

function transpose(editor: LineEditor): LineEditor {
  const middle = editor.cursor === lineEnd(editor.text, editor.cursor) ? placeOf(editor, 'left') : editor.cursor;
  const at = { ...editor, cursor: middle };
  const [from, to] = [placeOf(at, 'left'), placeOf(at, 'right')];
  if (from === middle || to === middle) return editor;
  const swapped = editor.text.slice(middle, to) + editor.text.slice(from, middle);
  return swapped.includes('\n') ? editor : replaceRange(editor, from, to, swapped);
}

function vertically(editor: LineEditor, step: -1 | 1): LineEditor {
  const { text, cursor } = editor;
  const start = lineStart(text, cursor);
  const end = lineEnd(text, cursor);
  if (step < 0 && start > 0) return withCursor(editor, sameColumn(text, cursor - start, lineStart(text, start - 1)));
  if (step > 0 && end < text.length) return withCursor(editor, sameColumn(text, cursor - start, end + 1));
  return recall(editor, step);
}

function sameColumn(text: string, column: number, start: number): number {
  return boundaryAt(text, Math.min(start + column, lineEnd(text, start)));
}

function recall(editor: LineEditor, step: -1 | 1): LineEditor {
  const { history, recalled } = editor;
  const at = (recalled ?? history.length) + step;
  if (at < 0 || at > history.length || (recalled === undefined && step > 0)) return editor;
  const draft = recalled === undefined ? editor.text : editor.draft;
  const text = history[at] ?? draft;
  return { ...editor, text, cursor: text.length, recalled: at === history.length ? undefined : at, draft };
}

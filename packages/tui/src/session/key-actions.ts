/**
 * Keys as what they mean here. A chunk of input may hold several keys (fast typing over a slow line), so that one chunk
 * gives a list. Ends of lines inside a chunk are pasted text; one at its end is Enter.
 */
import type { EditorAction } from '../state/line-editor.ts';

export type KeyAction =
  | { readonly kind: 'edit'; readonly action: EditorAction }
  | { readonly kind: 'submit' }
  /** Tab: completes a word; in an empty line the other pane. */
  | { readonly kind: 'complete' }
  /** Shift-Tab: the other pane, whatever is typed. */
  | { readonly kind: 'other-pane' }
  /** Ctrl-N, Ctrl-P */
  | { readonly kind: 'step-conversation'; readonly by: 1 | -1 }
  /** Alt-1 to Alt-9: from 0 */
  | { readonly kind: 'nth-conversation'; readonly index: number }
  /** Alt-0 */
  | { readonly kind: 'next-unread' }
  /** Alt-R */
  | { readonly kind: 'retry' }
  | { readonly kind: 'wire' }
  | { readonly kind: 'help' }
  | { readonly kind: 'scroll'; readonly by: 'page-up' | 'page-down' | 'row-up' | 'row-down' | 'top' | 'end' }
  /** Ctrl-C */
  | { readonly kind: 'interrupt' }
  /** Ctrl-D */
  | { readonly kind: 'end-of-input' }
  | { readonly kind: 'escape' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' };

/** The part of Ink's Key that matters here. */
export interface Key {
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly pageUp: boolean;
  readonly pageDown: boolean;
  readonly home: boolean;
  readonly end: boolean;
  readonly return: boolean;
  readonly escape: boolean;
  readonly tab: boolean;
  readonly backspace: boolean;
  readonly delete: boolean;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly shift: boolean;
}

const editing = (action: EditorAction): KeyAction => ({ kind: 'edit', action });

const CONTROL: Readonly<Record<string, KeyAction>> = {
  a: editing({ kind: 'move', to: 'line-start' }),
  b: editing({ kind: 'move', to: 'left' }),
  c: { kind: 'interrupt' },
  d: { kind: 'end-of-input' },
  e: editing({ kind: 'move', to: 'line-end' }),
  f: editing({ kind: 'move', to: 'right' }),
  h: editing({ kind: 'delete', to: 'left' }),
  i: { kind: 'complete' },
  j: editing({ kind: 'insert', text: '\n' }),
  k: editing({ kind: 'cut', to: 'line-end' }),
  l: { kind: 'redraw' },
  m: { kind: 'submit' },
  n: { kind: 'step-conversation', by: 1 },
  p: { kind: 'step-conversation', by: -1 },
  t: editing({ kind: 'transpose' }),
  u: editing({ kind: 'cut', to: 'line-start' }),
  w: editing({ kind: 'cut', to: 'word-left' }),
  y: editing({ kind: 'yank' }),
  z: { kind: 'suspend' },
};

const META: Readonly<Record<string, KeyAction>> = {
  b: editing({ kind: 'move', to: 'word-left' }),
  f: editing({ kind: 'move', to: 'word-right' }),
  d: editing({ kind: 'cut', to: 'word-right' }),
  '<': { kind: 'scroll', by: 'top' },
  '>': { kind: 'scroll', by: 'end' },
  r: { kind: 'retry' },
  '0': { kind: 'next-unread' },
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, index): [string, KeyAction] => [
      String(index + 1),
      { kind: 'nth-conversation', index },
    ]),
  ),
};

/** What terminals send for F1 and F2: Ink has no names for them. */
const FUNCTION_KEYS: Readonly<Record<string, KeyAction>> = {
  '\x1bOP': { kind: 'help' },
  '\x1b[11~': { kind: 'help' },
  '\x1b[[A': { kind: 'help' },
  '\x1bOQ': { kind: 'wire' },
  '\x1b[12~': { kind: 'wire' },
  '\x1b[[B': { kind: 'wire' },
};

/** The action of a function key, by the bytes of it. */
export function functionKeyAction(sequence: string): KeyAction | undefined {
  return FUNCTION_KEYS[sequence];
}

export function keyActions(input: string, key: Key): readonly KeyAction[] {
  const named = namedKey(key);
  if (named !== undefined) return [named];
  if (key.ctrl && input.length === 1) return listed(CONTROL[input.toLowerCase()]);
  if (key.meta) return listed(META[input]);
  return textActions(input);
}

/** Pasted as one piece: never sends. */
export function pasteActions(text: string): readonly KeyAction[] {
  return text === '' ? [] : [editing({ kind: 'insert', text })];
}

function listed(action: KeyAction | undefined): readonly KeyAction[] {
  return action === undefined ? [] : [action];
}

function namedKey(key: Key): KeyAction | undefined {
  const byWord = key.ctrl || key.meta;
  if (key.return) return key.meta || key.shift ? editing({ kind: 'insert', text: '\n' }) : { kind: 'submit' };
  if (key.upArrow) return byWord || key.shift ? { kind: 'scroll', by: 'row-up' } : editing({ kind: 'up' });
  if (key.downArrow) return byWord || key.shift ? { kind: 'scroll', by: 'row-down' } : editing({ kind: 'down' });
  if (key.leftArrow) return editing({ kind: 'move', to: byWord ? 'word-left' : 'left' });
  if (key.rightArrow) return editing({ kind: 'move', to: byWord ? 'word-right' : 'right' });
  if (key.pageUp) return { kind: 'scroll', by: key.ctrl ? 'top' : 'page-up' };
  if (key.pageDown) return { kind: 'scroll', by: key.ctrl ? 'end' : 'page-down' };
  if (key.home) return byWord ? { kind: 'scroll', by: 'top' } : editing({ kind: 'move', to: 'line-start' });
  if (key.end) return byWord ? { kind: 'scroll', by: 'end' } : editing({ kind: 'move', to: 'line-end' });
  if (key.backspace) return editing(byWord ? { kind: 'cut', to: 'word-left' } : { kind: 'delete', to: 'left' });
  if (key.delete) return editing(byWord ? { kind: 'cut', to: 'word-right' } : { kind: 'delete', to: 'right' });
  if (key.tab) return { kind: key.shift ? 'other-pane' : 'complete' };
  if (key.escape) return { kind: 'escape' };
  return undefined;
}

/** Text with control characters in it, as several keys of one chunk come. */
function textActions(input: string): readonly KeyAction[] {
  const isPaste = /[\r\n](?=[\s\S]*[^\r\n])/.test(input);
  const typed = isPaste ? input.replace(/[\r\n]+$/, '') : input;
  if (isPaste) return pasteActions(typed);
  const actions: KeyAction[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are keys here
  for (const [piece] of typed.matchAll(/[\x00-\x1f]|[^\x00-\x1f]+/g)) {
    const code = piece.charCodeAt(0);
    if (code >= 0x20) actions.push(editing({ kind: 'insert', text: piece }));
    else actions.push(...listed(CONTROL[String.fromCharCode(code + 0x60)]));
  }
  return actions;
}

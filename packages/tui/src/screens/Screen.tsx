/** The one screen: draws what the store shows, and passes keys on. Decides nothing. */
import { EventEmitter } from 'node:events';
import { useApp, useCursor, useInput, usePaste, useStdin } from 'ink';
import { type ReactNode, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { functionKeyAction, type KeyAction, keyActions, pasteActions } from '../session/key-actions.ts';
import type { FrameStore } from '../state/frame-store.ts';
import type { Size, Terminal, TerminalEvent } from '../state/terminal.ts';
import type { Drawing } from '../view/drawing.ts';
import { screenRows } from '../view/screen-rows.ts';
import type { Background, Theme } from '../view/theme.ts';
import { Lines } from './Lines.tsx';

/** After so long without another change of size it is all drawn anew. */
const SETTLED_MILLIS = 150;

export interface ScreenProps {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly themes: Readonly<Record<Background, Theme>>;
  readonly drawing: Drawing;
  /** The longest message, in characters. */
  readonly maxContent: number;
  onAction(action: KeyAction): void;
  /** The terminal's size, which may be ahead of the store's. */
  sizeNow(): Size;
  /** Stops the process as a shell does; resolves when it goes on. */
  readonly suspend: (() => Promise<void>) | undefined;
}

export function Screen({ store, themes, drawing, maxContent, onAction, sizeNow, suspend }: ScreenProps): ReactNode {
  const { suspendTerminal } = useApp();
  const terminal = useSyncExternalStore(store.subscribe, store.shown);
  const { rows, cursor } = useMemo(() => screenRows(terminal, drawing, maxContent), [terminal, drawing, maxContent]);
  const { setCursorPosition } = useCursor();
  setCursorPosition(cursor);
  const act = (action: KeyAction): void => {
    // Handing the terminal over and taking it back is also what draws every cell anew.
    if (action.kind === 'redraw') void suspendTerminal(() => undefined);
    else if (action.kind === 'suspend') void (suspend && suspendTerminal(suspend));
    else onAction(action);
  };
  useInput((input, key) => {
    for (const action of keyActions(input, key)) act(action);
  });
  // Ink hands function keys on as keys without a name; here are the bytes. Where it has them no more, the commands remain.
  const stdin: object = useStdin();
  const input = 'internal_eventEmitter' in stdin ? stdin.internal_eventEmitter : undefined;
  useEffect(() => {
    if (!(input instanceof EventEmitter)) return;
    const hear = (sequence: string): void => {
      const action = functionKeyAction(sequence);
      if (action !== undefined) onAction(action);
    };
    input.on('input', hear);
    return () => {
      input.off('input', hear);
    };
  }, [input, onAction]);
  usePaste((text) => {
    for (const action of pasteActions(text)) onAction(action);
  });
  const { columns, rows: height } = terminal.size;
  const firstSize = useRef(terminal.size);
  useEffect(() => {
    if (columns === firstSize.current.columns && height === firstSize.current.rows) return;
    firstSize.current = { columns: 0, rows: 0 };
    // What was written for the old size after the terminal had the new one may stand anywhere.
    const timer = setTimeout(() => void suspendTerminal(() => undefined), SETTLED_MILLIS);
    return () => clearTimeout(timer);
  }, [columns, height, suspendTerminal]);
  const fits = (): boolean => sizeNow().columns >= columns && sizeNow().rows >= height;
  return <Lines rows={rows} theme={themes[terminal.background]} fits={fits} />;
}

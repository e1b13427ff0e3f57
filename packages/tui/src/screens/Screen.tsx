/** The one screen: draws what the store shows, and passes keys on. Decides nothing. */
import { Box, useCursor, useInput, usePaste } from 'ink';
import { type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { type KeyAction, keyActions, pasteActions } from '../session/key-actions.ts';
import type { FrameStore } from '../state/frame-store.ts';
import type { Terminal, TerminalEvent } from '../state/terminal.ts';
import type { Drawing } from '../view/drawing.ts';
import { screenRows } from '../view/screen-rows.ts';
import type { Theme } from '../view/theme.ts';
import { Lines } from './Lines.tsx';

export interface ScreenProps {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly theme: Theme;
  readonly drawing: Drawing;
  /** The longest message, in characters. */
  readonly maxContent: number;
  onAction(action: KeyAction): void;
}

export function Screen({ store, theme, drawing, maxContent, onAction }: ScreenProps): ReactNode {
  const terminal = useSyncExternalStore(store.subscribe, store.shown);
  const { rows, cursor } = useMemo(() => screenRows(terminal, drawing, maxContent), [terminal, drawing, maxContent]);
  const { setCursorPosition } = useCursor();
  setCursorPosition(cursor);
  useInput((input, key) => {
    for (const action of keyActions(input, key)) onAction(action);
  });
  usePaste((text) => {
    for (const action of pasteActions(text)) onAction(action);
  });
  return (
    <Box flexDirection="column" width="100%" height={terminal.size.rows} overflow="hidden">
      <Lines rows={rows} theme={theme} />
    </Box>
  );
}

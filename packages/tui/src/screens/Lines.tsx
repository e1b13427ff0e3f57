/**
 * Rows that were laid out already, as they are. Ink measures, wraps and clips text several times a frame, which is most of
 * what a frame costs; so it gets one cell a row to measure, and the row itself at the moment of writing.
 */
import { Text, Transform } from 'ink';
import { type ReactNode, useMemo } from 'react';
import type { Row } from '../view/style.ts';
import type { Theme } from '../view/theme.ts';

interface LinesProps {
  readonly rows: readonly Row[];
  readonly theme: Theme;
  /** False while the terminal is not as large as the rows are: then nothing is written. */
  fits(): boolean;
}

export function Lines({ rows, theme, fits }: LinesProps): ReactNode {
  const painted = useMemo(() => rows.map((row) => theme.paint(row)), [rows, theme]);
  return (
    <Transform transform={(_cell, index) => (fits() ? (painted[index] ?? '') : '')}>
      <Text>{painted.map(() => '.').join('\n')}</Text>
    </Transform>
  );
}

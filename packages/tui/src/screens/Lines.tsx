/** Rows that were laid out already, as they are. */
import { Text } from 'ink';
import { memo, type ReactNode } from 'react';
import type { Row } from '../view/style.ts';
import type { Theme } from '../view/theme.ts';

interface LinesProps {
  readonly rows: readonly Row[];
  readonly theme: Theme;
}

export const Lines = memo(function Lines({ rows, theme }: LinesProps): ReactNode {
  return <Text wrap="truncate">{rows.map((row) => theme.paint(row)).join('\n')}</Text>;
});

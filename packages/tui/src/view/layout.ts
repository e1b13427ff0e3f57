/** Which part of the screen goes where, by its size alone. Header and footer keep their places. */
import type { Size } from '../state/terminal.ts';
import { priceGridRows } from './price-rows.ts';

export type Layout = {
  readonly columns: number;
  readonly rows: number;
  readonly inputRows: number;
  readonly hasHint: boolean;
  /** Inside of its frame, where there is one. */
  readonly chat: Size;
} & (
  | /** Chat and prices side by side; framed where there are rows enough. */ {
      readonly kind: 'wide';
      readonly framed: boolean;
      readonly prices: Size;
    }
  | /** Prices above the chat. */ { readonly kind: 'stacked'; readonly prices: Size }
  | /** Chat, and one line of prices. */ { readonly kind: 'narrow' }
);

const WIDE_COLUMNS = 100;
const STACKED_COLUMNS = 60;
const FRAMED_ROWS = 18;

/** `wantedInputRows`: what the typed text would take. */
export function layoutOf(size: Size, wantedInputRows: number, symbols: number): Layout {
  const { columns, rows } = size;
  const inputRows = Math.max(1, Math.min(wantedInputRows, 6, Math.floor(rows / 4)));
  const hasHint = rows >= 8;
  const footer = inputRows + (hasHint ? 1 : 0);
  if (columns >= WIDE_COLUMNS) {
    const framed = rows >= FRAMED_ROWS;
    const forPrices = Math.min(60, Math.max(42, Math.floor(columns * 0.38)));
    // Framed: header, two borders each of the boxes and of the input. Else: header, and a rule over the input.
    const height = Math.max(1, rows - footer - (framed ? 5 : 2));
    const sides = framed ? 4 : 0;
    return {
      kind: 'wide',
      framed,
      columns,
      rows,
      inputRows,
      hasHint,
      chat: { columns: columns - forPrices - (framed ? sides : 3), rows: height },
      prices: { columns: forPrices - sides, rows: height },
    };
  }
  if (columns >= STACKED_COLUMNS && rows >= 12) {
    const grid = Math.min(priceGridRows(symbols, columns), Math.max(1, Math.floor(rows / 4)));
    const height = Math.max(1, rows - footer - 3 - grid);
    return {
      kind: 'stacked',
      columns,
      rows,
      inputRows,
      hasHint,
      chat: { columns, rows: height },
      prices: { columns, rows: grid },
    };
  }
  const height = Math.max(1, rows - footer - 3);
  return { kind: 'narrow', columns, rows, inputRows, hasHint, chat: { columns, rows: height } };
}

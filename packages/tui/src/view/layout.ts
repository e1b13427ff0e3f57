/** Which part of the screen goes where, by its size and what is looked at. Header and footer keep their places. */
import type { Size, Terminal } from '../state/terminal.ts';

export type Layout = {
  readonly columns: number;
  readonly rows: number;
  readonly inputRows: number;
  readonly hasHint: boolean;
  /** Inside of its frame, where there is one. */
  readonly chat: Size;
  readonly prices: Size;
} & (
  | /** Conversations, messages and prices side by side; framed where there are rows enough. */ {
      readonly kind: 'wide';
      readonly framed: boolean;
      readonly list: Size;
    }
  | /** One of them at a time, under a row of tabs and a line of prices. */ { readonly kind: 'tabs' }
  | /** The same without tabs. */ { readonly kind: 'narrow' }
);

const WIDE_COLUMNS = 100;
const TABS_COLUMNS = 60;
const LEAST_ROWS = 15;
const FRAMED_ROWS = 18;

/** `wantedInputRows`: what the typed text would take. */
export function layoutOf(size: Size, wantedInputRows: number): Layout {
  const { columns, rows } = size;
  const inputRows = Math.max(1, Math.min(wantedInputRows, 6, Math.floor(rows / 4)));
  const hasHint = rows >= 8;
  const footer = inputRows + (hasHint ? 1 : 0);
  const kind = kindOf(size);
  if (kind === 'wide') {
    const framed = rows >= FRAMED_ROWS;
    const forList = columns < 120 ? 18 : columns < 150 ? 23 : 27;
    const forPrices = columns < 120 ? 36 : Math.min(60, Math.max(42, Math.floor(columns * 0.34)));
    // Framed: header, two borders each of the boxes and of the input. Else: header, and a rule over the input.
    const height = Math.max(1, rows - footer - (framed ? 5 : 2));
    const sides = framed ? 4 : 3;
    return {
      kind,
      framed,
      columns,
      rows,
      inputRows,
      hasHint,
      list: { columns: forList - sides, rows: height },
      // Without frames there are two rules between the three, which belong to the outer ones.
      chat: { columns: columns - forList - forPrices - (framed ? sides : 0), rows: height },
      prices: { columns: forPrices - sides, rows: height },
    };
  }
  // Header, tabs, the line of prices, and a rule over the input.
  const body = Math.max(1, rows - footer - (kind === 'tabs' ? 4 : 3));
  const inside = { columns, rows: body };
  return { kind, columns, rows, inputRows, hasHint, chat: inside, prices: inside };
}

function kindOf({ columns, rows }: Size): Layout['kind'] {
  if (columns < TABS_COLUMNS || rows < LEAST_ROWS) return 'narrow';
  return columns >= WIDE_COLUMNS ? 'wide' : 'tabs';
}

/** Whether the messages of the open conversation can be seen. */
export function chatIsShown({ size, focus, overlay }: Pick<Terminal, 'size' | 'focus' | 'overlay'>): boolean {
  return overlay === undefined && (focus === 'chat' || kindOf(size) === 'wide');
}

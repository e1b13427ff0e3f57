/** What keys do where they do not go into the input line: in the table of prices, its chart, and the pages over all. */
import { CandleInterval } from '@rtd/protocol';
import type { FrameStore } from '../state/frame-store.ts';
import { chosenSymbol, SORTS } from '../state/price-board.ts';
import type { Terminal, TerminalEvent } from '../state/terminal.ts';
import type { Page } from '../view/page.ts';
import type { KeyAction } from './key-actions.ts';
import type { Prices } from './prices.ts';

type Store = FrameStore<Terminal, TerminalEvent>;

/** Rows of PgUp and PgDn in a list, and of its start and its end. */
const PAGE = 10;
const ALL = 1_000_000;

/** How far an arrow, or another key that moves, goes in a list; undefined for all others. */
function stepOf(action: KeyAction, page = PAGE): number | undefined {
  if (action.kind === 'scroll') {
    return { 'page-up': -page, 'page-down': page, 'row-up': -1, 'row-down': 1, top: -ALL, end: ALL }[action.by];
  }
  if (action.kind !== 'edit') return undefined;
  if (action.action.kind === 'up') return -1;
  if (action.action.kind === 'down') return 1;
  if (action.action.kind !== 'move') return undefined;
  if (action.action.to === 'line-start') return -ALL;
  return action.action.to === 'line-end' ? ALL : undefined;
}

function typedIn(action: KeyAction): string | undefined {
  return action.kind === 'edit' && action.action.kind === 'insert' ? action.action.text : undefined;
}

/** `filter` after a key while it is typed; undefined for a key that means nothing there. */
function filterAfter(filter: string, action: KeyAction): { filter: string; filtering: boolean } | undefined {
  const typed = typedIn(action);
  if (typed !== undefined) return { filter: `${filter}${typed.replaceAll(/\s/g, '')}`.slice(0, 40), filtering: true };
  if (action.kind === 'submit') return { filter, filtering: false };
  if (action.kind === 'escape') return { filter: '', filtering: false };
  if (action.kind !== 'edit') return undefined;
  if (action.action.kind === 'delete') return { filter: [...filter].slice(0, -1).join(''), filtering: true };
  return action.action.kind === 'cut' ? { filter: '', filtering: true } : undefined;
}

/** Keys of the price table and of the chart; false for those that mean the same everywhere. */
export function handlePriceKey(action: KeyAction, store: Store, prices: Prices): boolean {
  const { market, prices: board } = store.state;
  const { chart } = board;
  const tell = (event: Extract<TerminalEvent, { kind: 'prices' }>['event']): true => {
    store.dispatch({ kind: 'prices', event });
    return true;
  };
  if (board.filtering) {
    const next = filterAfter(board.filter, action);
    if (next !== undefined) return tell({ kind: 'filtered', ...next });
  }
  const step = stepOf(action);
  if (step !== undefined) {
    tell({ kind: 'moved', by: step });
    const chosen = chosenSymbol(market, store.state.prices);
    if (chart !== undefined && chosen !== undefined && chosen !== chart.symbol) prices.chart(chosen);
    return true;
  }
  if (action.kind === 'submit') {
    const chosen = chosenSymbol(market, board);
    if (chosen !== undefined) prices.chart(chosen);
    return true;
  }
  if (action.kind === 'escape') {
    if (chart?.crosshair !== undefined) return tell({ kind: 'crosshair-hidden' });
    if (chart !== undefined) return tell({ kind: 'chart-closed' });
    if (board.filter !== '') return tell({ kind: 'filtered', filter: '', filtering: false });
    store.dispatch({ kind: 'focused', focus: 'chat' });
    return true;
  }
  if (action.kind !== 'edit') return false;
  if (action.action.kind === 'move' && (action.action.to === 'left' || action.action.to === 'right')) {
    return tell({ kind: 'crosshair-moved', by: action.action.to === 'left' ? -1 : 1 });
  }
  const typed = typedIn(action);
  const interval = CandleInterval.options[['1', '2', '3', '4'].indexOf(typed ?? '')];
  if (chart !== undefined && interval !== undefined) prices.chart(chart.symbol, interval);
  else if (typed === 'c') tell({ kind: 'chart-styled' });
  else if (typed === 's') tell({ kind: 'sorted', by: SORTS[(SORTS.indexOf(board.sortBy) + 1) % SORTS.length] });
  else if (typed === 'r') tell({ kind: 'sorted', reversed: !board.reversed });
  else if (typed === '/') tell({ kind: 'filtered', filter: board.filter, filtering: true });
  else if (typed === '?') store.dispatch({ kind: 'overlay', overlay: 'help' });
  // Other letters do nothing: what was meant for the chat must not turn into keys.
  return true;
}

/** Keys of the wire view; false for those that close it, or mean the same everywhere. */
export function handleWireKey(action: KeyAction, store: Store, page: Page): boolean {
  const { wire } = store.state;
  const tell = (event: Extract<TerminalEvent, { kind: 'wire' }>['event']): true => {
    store.dispatch({ kind: 'wire', event });
    return true;
  };
  if (wire.full !== undefined) {
    const rows = stepOf(action, Math.max(1, page.height - 1));
    const row = Math.min(page.last, wire.full.row);
    if (rows !== undefined) return tell({ kind: 'turned', row: Math.min(page.last, Math.max(0, row + rows)) });
    if (action.kind === 'escape' || action.kind === 'submit') return tell({ kind: 'closed' });
    const side = action.kind === 'edit' && action.action.kind === 'move' ? action.action.to : undefined;
    if (side === 'left' || side === 'right') return tell({ kind: 'moved', by: side === 'left' ? -1 : 1 });
    return typedIn(action) !== undefined;
  }
  if (wire.filtering) {
    const next = filterAfter(wire.filter, action);
    if (next !== undefined) return tell({ kind: 'filtered', ...next });
  }
  const step = stepOf(action);
  if (step !== undefined) return tell({ kind: 'moved', by: step });
  if (action.kind === 'submit') return tell({ kind: 'opened' });
  const typed = typedIn(action);
  if (typed === ' ' || typed === 'p') return tell({ kind: 'paused', paused: !wire.paused });
  if (typed === '/') return tell({ kind: 'filtered', filter: wire.filter, filtering: true });
  if (action.kind === 'escape' && wire.filter !== '') return tell({ kind: 'filtered', filter: '', filtering: false });
  return typed !== undefined && typed !== 'q';
}

/** Keys of the help where it is longer than the screen; false for those that close it. */
export function handleHelpKey(action: KeyAction, store: Store, { height, last }: Page): boolean {
  const step = stepOf(action, Math.max(1, height - 1));
  if (step === undefined) return false;
  const row = Math.min(last, store.state.overlayRow);
  store.dispatch({ kind: 'overlay-row', row: Math.min(last, Math.max(0, row + step)) });
  return true;
}

/** Keys of the page of conversations; false for those that close it. */
export function handleConversationsKey(action: KeyAction, store: Store, open: (key: string) => void): boolean {
  const { conversations, overlayRow } = store.state;
  const last = conversations.list.length - 1;
  const step = stepOf(action);
  if (step !== undefined) {
    store.dispatch({ kind: 'overlay-row', row: Math.min(last, Math.max(0, overlayRow + step)) });
    return true;
  }
  if (action.kind !== 'submit') return false;
  const key = conversations.list[Math.min(last, overlayRow)]?.key;
  store.dispatch({ kind: 'overlay', overlay: undefined });
  if (key !== undefined) open(key);
  return true;
}

/**
 * Everything that the screen shows, as one value, and the one function that changes it. Slices have their own reducers;
 * here is what concerns several of them: where the chat is scrolled to, what is said to the user, which size there is.
 */
import type { LinkState } from '@rtd/client';
import type { Background } from '../view/palette.ts';
import { type Alert, afterTicks } from './alerts.ts';
import type { Chat } from './chat.ts';
import {
  type Conversation,
  type Conversations,
  type ConversationsEvent,
  initialConversations,
  openConversation,
  reduceConversations,
  type Scroll,
} from './conversations.ts';
import { type EditorAction, EMPTY_EDITOR, edit, type LineEditor } from './line-editor.ts';
import { EMPTY_MARKET, type Market, type MarketEvent, reduceMarket } from './market.ts';
import { NOBODY, type People, type PeopleEvent, reducePeople } from './people.ts';
import { chosenSymbol, PLAIN_BOARD, type PriceBoard, type PriceBoardEvent, reducePriceBoard } from './price-board.ts';
import { QUIET_WIRE, reduceWire, type WireEvent, type WireView } from './wire.ts';

export type { Scroll } from './conversations.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A line for the user alone: an answer to a command, or what went wrong. */
export interface Notice {
  readonly tone: 'info' | 'warn' | 'bad';
  readonly text: string;
  /** Epoch milliseconds; undefined: until the next key. */
  readonly until: number | undefined;
}

/** What keys go to: the input line, or the table of prices. */
export type Focus = 'chat' | 'prices';

/** What stands in place of conversation and prices until it is closed. */
export type Overlay = 'help' | 'conversations' | 'wire';

export interface Terminal {
  readonly serverUrl: string;
  /** Undefined until the server has said it. */
  readonly userId: string | undefined;
  readonly links: { readonly chat: LinkState; readonly market: LinkState };
  readonly conversations: Conversations;
  readonly market: Market;
  readonly prices: PriceBoard;
  readonly alerts: readonly Alert[];
  readonly people: People;
  readonly editor: LineEditor;
  readonly focus: Focus;
  readonly notice: Notice | undefined;
  readonly overlay: Overlay | undefined;
  /** The row with the mark where conversations are chosen from. */
  readonly overlayRow: number;
  readonly wire: WireView;
  /** Behind the text, as far as is known. */
  readonly background: Background;
  readonly size: Size;
  /** Epoch milliseconds; moves once a second, and with what happens. */
  readonly now: number;
}

export type TerminalEvent =
  | { readonly kind: 'conversations'; readonly event: ConversationsEvent }
  | { readonly kind: 'market'; readonly event: MarketEvent }
  | { readonly kind: 'prices'; readonly event: PriceBoardEvent }
  | { readonly kind: 'alerts'; readonly alerts: readonly Alert[] }
  | { readonly kind: 'people'; readonly event: PeopleEvent }
  | { readonly kind: 'link'; readonly link: 'chat' | 'market'; readonly state: LinkState }
  | { readonly kind: 'self'; readonly userId: string }
  | { readonly kind: 'edited'; readonly action: EditorAction }
  /** Shows another conversation; what stands in the input line waits there for the way back. */
  | { readonly kind: 'opened'; readonly key: string }
  | { readonly kind: 'scrolled'; readonly scroll: Scroll }
  | { readonly kind: 'focused'; readonly focus: Focus }
  | { readonly kind: 'noticed'; readonly notice: Notice | undefined }
  | { readonly kind: 'overlay'; readonly overlay: Terminal['overlay'] }
  | { readonly kind: 'overlay-row'; readonly row: number }
  | { readonly kind: 'wire'; readonly event: WireEvent }
  | { readonly kind: 'background'; readonly background: Background }
  | { readonly kind: 'resized'; readonly size: Size }
  | { readonly kind: 'time'; readonly now: number };

export function initialTerminal(options: {
  serverUrl: string;
  size: Size;
  now: number;
  background?: Background | undefined;
}): Terminal {
  return {
    serverUrl: options.serverUrl,
    userId: undefined,
    links: { chat: { kind: 'connecting' }, market: { kind: 'connecting' } },
    conversations: initialConversations(),
    market: EMPTY_MARKET,
    prices: PLAIN_BOARD,
    alerts: [],
    people: NOBODY,
    editor: EMPTY_EDITOR,
    focus: 'chat',
    notice: undefined,
    overlay: undefined,
    overlayRow: 0,
    wire: QUIET_WIRE,
    background: options.background ?? 'dark',
    size: options.size,
    now: options.now,
  };
}

/** The conversation on the screen. */
export function shownConversation({ conversations }: Terminal): Conversation {
  return openConversation(conversations);
}

export function shownChat(terminal: Terminal): Chat {
  return shownConversation(terminal).chat;
}

export function shownScroll(terminal: Terminal): Scroll {
  return shownConversation(terminal).scroll;
}

/** Whose chart is shown; undefined where there are no prices. */
export function chartedSymbol({ prices, market }: Terminal): string | undefined {
  return prices.chart?.symbol ?? chosenSymbol(market, prices);
}

const URGENT: ReadonlySet<TerminalEvent['kind']> = new Set([
  'edited',
  'opened',
  'scrolled',
  'focused',
  'noticed',
  'overlay',
  'overlay-row',
  'prices',
  'background',
  'resized',
]);

/** What the user did is shown at once; what others did waits for the next frame. */
export function isUrgent(event: TerminalEvent): boolean {
  if (event.kind === 'prices') return event.event.kind !== 'ticks' && event.event.kind !== 'candles';
  return event.kind === 'wire' ? event.event.kind !== 'entries' : URGENT.has(event.kind);
}

export function reduceTerminal(terminal: Terminal, event: TerminalEvent): Terminal {
  switch (event.kind) {
    case 'conversations':
      return withConversations(terminal, reduceConversations(terminal.conversations, event.event));
    case 'scrolled':
      return withConversations(terminal, reduceConversations(terminal.conversations, event));
    case 'opened': {
      const draft = terminal.editor.text;
      const key = event.key;
      const waiting = terminal.conversations.list.find((one) => one.key === key)?.draft ?? '';
      const conversations = reduceConversations(terminal.conversations, { kind: 'opened', key, draft });
      if (conversations === terminal.conversations) return terminal;
      const editor = edit(edit(terminal.editor, { kind: 'left' }), { kind: 'insert', text: waiting });
      return { ...terminal, conversations, editor, focus: 'chat', notice: undefined };
    }
    case 'market': {
      const market = reduceMarket(terminal.market, event.event);
      if (market === terminal.market) return terminal;
      if (event.event.kind === 'past') return { ...terminal, market };
      const { ticks, now } = event.event;
      const prices = reducePriceBoard(terminal.prices, { kind: 'ticks', ticks, now }, market);
      const alerts = afterTicks(terminal.alerts, ticks, now);
      return { ...terminal, market, prices, alerts, now: Math.max(terminal.now, now) };
    }
    case 'prices': {
      const prices = reducePriceBoard(terminal.prices, event.event, terminal.market);
      return prices === terminal.prices ? terminal : { ...terminal, prices };
    }
    case 'alerts':
      return { ...terminal, alerts: event.alerts };
    case 'people':
      return { ...terminal, people: reducePeople(terminal.people, event.event) };
    case 'link':
      return { ...terminal, links: { ...terminal.links, [event.link]: event.state } };
    case 'self':
      return event.userId === terminal.userId ? terminal : { ...terminal, userId: event.userId };
    case 'edited': {
      const editor = edit(terminal.editor, event.action);
      return editor === terminal.editor ? terminal : { ...terminal, editor };
    }
    case 'focused':
      return event.focus === terminal.focus ? terminal : { ...terminal, focus: event.focus };
    case 'noticed':
      return event.notice === terminal.notice ? terminal : { ...terminal, notice: event.notice };
    case 'overlay':
      return event.overlay === terminal.overlay ? terminal : { ...terminal, overlay: event.overlay };
    case 'overlay-row':
      return event.row === terminal.overlayRow ? terminal : { ...terminal, overlayRow: event.row };
    case 'wire': {
      const wire = reduceWire(terminal.wire, event.event);
      return wire === terminal.wire ? terminal : { ...terminal, wire };
    }
    case 'background':
      return event.background === terminal.background ? terminal : { ...terminal, background: event.background };
    case 'resized': {
      const { columns, rows } = event.size;
      const same = columns === terminal.size.columns && rows === terminal.size.rows;
      return same ? terminal : { ...terminal, size: event.size };
    }
    case 'time': {
      const expired = terminal.notice?.until !== undefined && terminal.notice.until <= event.now;
      const conversations = reduceConversations(terminal.conversations, event);
      return { ...terminal, conversations, now: event.now, notice: expired ? undefined : terminal.notice };
    }
  }
}

function withConversations(terminal: Terminal, conversations: Conversations): Terminal {
  return conversations === terminal.conversations ? terminal : { ...terminal, conversations };
}

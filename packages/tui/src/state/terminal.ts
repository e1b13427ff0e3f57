/**
 * Everything that the screen shows, as one value, and the one function that changes it. Slices have their own reducers;
 * here is what concerns several of them: where the chat is scrolled to, what is said to the user, which size there is.
 */
import type { LinkState } from '@rtd/client';
import { GLOBAL_CONVERSATION } from '@rtd/protocol';
import { type Chat, type ChatEvent, emptyChat, reduceChat, trimmed } from './chat.ts';
import { type EditorAction, EMPTY_EDITOR, edit, type LineEditor } from './line-editor.ts';
import { EMPTY_MARKET, type Market, type MarketEvent, reduceMarket } from './market.ts';
import { NOBODY, type People, type PeopleEvent, reducePeople } from './people.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The last row of the chat on the screen: row `row` (from 0) of message `seq`; or the end, whatever comes. */
export type Scroll =
  | { readonly kind: 'end' }
  | { readonly kind: 'at'; readonly seq: number; readonly row: number; readonly newestSeen: number };

/** A line for the user alone: an answer to a command, or what went wrong. */
export interface Notice {
  readonly tone: 'info' | 'warn' | 'bad';
  readonly text: string;
  /** Epoch milliseconds; undefined: until the next key. */
  readonly until: number | undefined;
}

export interface Terminal {
  readonly serverUrl: string;
  /** Undefined until the server has said it. */
  readonly userId: string | undefined;
  readonly links: { readonly chat: LinkState; readonly market: LinkState };
  readonly chat: Chat;
  readonly market: Market;
  readonly people: People;
  readonly editor: LineEditor;
  /** Whose chart is wanted; the first symbol's when undefined. */
  readonly charted: string | undefined;
  readonly scroll: Scroll;
  readonly notice: Notice | undefined;
  readonly overlay: 'help' | undefined;
  readonly size: Size;
  /** Epoch milliseconds; moves once a second, and with what happens. */
  readonly now: number;
}

export type TerminalEvent =
  | { readonly kind: 'chat'; readonly event: ChatEvent }
  | { readonly kind: 'market'; readonly event: MarketEvent }
  | { readonly kind: 'people'; readonly event: PeopleEvent }
  | { readonly kind: 'link'; readonly link: 'chat' | 'market'; readonly state: LinkState }
  | { readonly kind: 'self'; readonly userId: string }
  | { readonly kind: 'edited'; readonly action: EditorAction }
  /** The chart of the symbol after, or before, this one. */
  | { readonly kind: 'charted'; readonly step: 1 | -1 }
  | { readonly kind: 'scrolled'; readonly scroll: Scroll }
  | { readonly kind: 'noticed'; readonly notice: Notice | undefined }
  | { readonly kind: 'overlay'; readonly overlay: Terminal['overlay'] }
  | { readonly kind: 'resized'; readonly size: Size }
  | { readonly kind: 'time'; readonly now: number };

export function initialTerminal(options: { serverUrl: string; size: Size; now: number }): Terminal {
  return {
    serverUrl: options.serverUrl,
    userId: undefined,
    links: { chat: { kind: 'connecting' }, market: { kind: 'connecting' } },
    chat: emptyChat(GLOBAL_CONVERSATION),
    market: EMPTY_MARKET,
    people: NOBODY,
    editor: EMPTY_EDITOR,
    charted: undefined,
    scroll: { kind: 'end' },
    notice: undefined,
    overlay: undefined,
    size: options.size,
    now: options.now,
  };
}

export function chartedSymbol({ charted, market }: Terminal): string | undefined {
  return charted ?? market.keys().next().value;
}

/** What the user did is shown at once; what others did waits for the next frame. */
export function isUrgent(event: TerminalEvent): boolean {
  return ['edited', 'charted', 'scrolled', 'noticed', 'overlay', 'resized'].includes(event.kind);
}

export function reduceTerminal(terminal: Terminal, event: TerminalEvent): Terminal {
  switch (event.kind) {
    case 'chat': {
      const chat = reduceChat(terminal.chat, event.event);
      if (chat === terminal.chat) return terminal;
      return { ...terminal, chat: terminal.scroll.kind === 'end' ? trimmed(chat) : chat };
    }
    case 'market': {
      const market = reduceMarket(terminal.market, event.event);
      if (market === terminal.market) return terminal;
      const now = event.event.kind === 'past' ? terminal.now : Math.max(terminal.now, event.event.now);
      return { ...terminal, market, now };
    }
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
    case 'charted': {
      const symbols = [...terminal.market.keys()];
      const at = symbols.indexOf(chartedSymbol(terminal) ?? '');
      return { ...terminal, charted: symbols.at((at + event.step) % symbols.length) };
    }
    case 'scrolled':
      return { ...terminal, scroll: event.scroll };
    case 'noticed':
      return event.notice === terminal.notice ? terminal : { ...terminal, notice: event.notice };
    case 'overlay':
      return event.overlay === terminal.overlay ? terminal : { ...terminal, overlay: event.overlay };
    case 'resized': {
      const { columns, rows } = event.size;
      const same = columns === terminal.size.columns && rows === terminal.size.rows;
      return same ? terminal : { ...terminal, size: event.size };
    }
    case 'time': {
      const expired = terminal.notice?.until !== undefined && terminal.notice.until <= event.now;
      const chat = reduceChat(terminal.chat, event);
      return { ...terminal, chat, now: event.now, notice: expired ? undefined : terminal.notice };
    }
  }
}

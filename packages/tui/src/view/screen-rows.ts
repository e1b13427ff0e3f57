/** The whole screen as rows, by panes. Pure: what is shown, and the size, in; rows of exactly that size out. */

import { unsentIn } from '../state/conversations.ts';
import { lengthOf } from '../state/line-editor.ts';
import { shownChat, shownConversation, type Terminal } from '../state/terminal.ts';
import { type ChatWindow, chatWindow, type WindowQuery } from './chat-window.ts';
import { conversationName, membersHere } from './conversation-name.ts';
import type { Drawing } from './drawing.ts';
import { type EditorRows, editorRows } from './editor-rows.ts';
import { framed, ruleRow } from './frame.ts';
import { helpPage, helpRows } from './help-rows.ts';
import { type Layout, layoutOf } from './layout.ts';
import { linkRow, linkTrouble } from './link-words.ts';
import { conversationsPage, listRows, tabsRow } from './list-rows.ts';
import { type Page, pageWords } from './page.ts';
import { type PricesQuery, pricePane, pricesTitle, priceTicker } from './price-rows.ts';
import { fitRow, type Row, rowColumns, type Span, span, spread } from './style.ts';
import { columnsOf, wrap } from './text-layout.ts';
import { wirePage, wireRows } from './wire-rows.ts';

export interface ScreenRows {
  readonly rows: readonly Row[];
  /** Undefined: the cursor is hidden. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

/** From here on the input line shows how much of the limit is used. */
const COUNT_FROM = 0.75;

/** `maxContent`: the longest message, in characters. */
export function screenRows(terminal: Terminal, drawing: Drawing, maxContent: number): ScreenRows {
  const { layout, editor } = arranged(terminal, drawing);
  const { columns, rows } = layout;
  const header = headerRow(terminal, layout, drawing);
  const input = inputRows(terminal, editor, drawing);
  const hint = layout.hasHint ? [fitRow(hintRow(terminal, columns, drawing), columns)] : [];
  const body = bodyRows(terminal, layout, drawing);
  const count = countRow(terminal, maxContent);
  const isFramed = layout.kind === 'wide' && layout.framed;
  const name = conversationName(shownConversation(terminal), terminal.userId, drawing);
  const composer = isFramed
    ? framed(input, {
        title: [span(`message to ${name}`, 'dim')],
        footerRight: count,
        columns,
        height: layout.inputRows,
        glyphs: drawing.glyphs,
      })
    : [ruleRow(body.below, count.length > 0 ? count : body.belowRight, columns, drawing.glyphs), ...input];
  const all = [header, ...body.rows, ...composer, ...hint].slice(-rows);
  const inputTop = rows - hint.length - layout.inputRows - (isFramed ? 1 : 0);
  const inset = isFramed ? 2 : 0;
  const cursor =
    terminal.overlay === undefined && terminal.focus === 'chat'
      ? { x: inset + promptColumns(drawing) + editor.cursor.x, y: inputTop + editor.cursor.y }
      : undefined;
  return { rows: all.map((row) => fitRow(row, columns)), cursor };
}

/** The chat's window as it is laid out now: what scrolling goes by. */
export function chatQuery(terminal: Terminal, drawing: Drawing): WindowQuery {
  return windowQuery(terminal, arranged(terminal, drawing).layout, drawing);
}

/** The help as it is laid out now. */
export function shownHelp(terminal: Terminal, drawing: Drawing): Page {
  const { inside, height } = overlayPlace(arranged(terminal, drawing).layout);
  return helpPage(inside, height);
}

/** The frame of the wire view that is open in full, as it is laid out now. */
export function shownWire(terminal: Terminal, drawing: Drawing): Page {
  const { inside, height } = overlayPlace(arranged(terminal, drawing).layout);
  return wirePage(terminal.wire, inside, height, drawing);
}

function promptColumns({ glyphs }: Drawing): number {
  return columnsOf(glyphs.prompt) + 1;
}

function arranged(terminal: Terminal, drawing: Drawing): { layout: Layout; editor: EditorRows } {
  const { size } = terminal;
  const frame = layoutOf(size, 1);
  const inset = frame.kind === 'wide' && frame.framed ? 4 : 0;
  const forText = size.columns - promptColumns(drawing) - inset;
  const wanted = editorRows(terminal.editor, forText, Number.MAX_SAFE_INTEGER, drawing).rows.length;
  const layout = layoutOf(size, wanted);
  return { layout, editor: editorRows(terminal.editor, forText, layout.inputRows, drawing) };
}

function windowQuery(terminal: Terminal, { chat }: Layout, drawing: Drawing): WindowQuery {
  const shown = shownConversation(terminal);
  return {
    chat: shown.chat,
    scroll: shown.scroll,
    height: chat.rows,
    now: terminal.now,
    context: { drawing, columns: chat.columns, userId: terminal.userId },
    unreadAfter: shown.unreadAfter,
    countsReaders: shown.kind !== 'direct',
  };
}

function headerRow(terminal: Terminal, { columns }: Layout, drawing: Drawing): Row {
  const { serverUrl, userId, links, people, now, conversations } = terminal;
  const { glyphs, time } = drawing;
  const dot = span(` ${glyphs.dot} `, 'frame');
  const chat = linkRow('chat', links.chat, now, drawing);
  const prices = linkRow('prices', links.market, now, drawing);
  const right = [...chat, span('  '), ...prices];
  const roomy = columns >= 60 ? [...right, span('  '), span(time.clock(now), 'dim'), span(' ')] : right;
  const left = [span(' rtd', 'accent', true)];
  if (columns >= 80) left.push(span('  '), span(drawing.text(serverUrl.replace(/^https?:\/\//, '')), 'dim'));
  if (userId !== undefined && columns >= 60) left.push(dot, span(drawing.name(userId), 'own'));
  const unsent = unsentIn(conversations);
  if (unsent > 0) left.push(dot, span(`${unsent} unsent`, 'warn'));
  if (people.size > 0 && columns >= 100) left.push(dot, span(`${people.size} here`, 'dim'));
  return spread(columns >= 60 || rowColumns(right) + 6 <= columns ? left : [], roomy, columns);
}

interface Body {
  readonly rows: readonly Row[];
  /** Words for the rule below, where the body has no border of its own. */
  readonly below: Row;
  readonly belowRight: Row;
}

function bodyRows(terminal: Terminal, layout: Layout, drawing: Drawing): Body {
  if (terminal.overlay !== undefined) return overlayBody(terminal, layout, drawing);
  const { glyphs } = drawing;
  const { focus } = terminal;
  const prices: PricesQuery = {
    market: terminal.market,
    board: terminal.prices,
    alerts: terminal.alerts,
    link: terminal.links.market,
    now: terminal.now,
    drawing,
    columns: layout.prices.columns,
    height: layout.prices.rows,
    focused: focus === 'prices',
  };
  if (layout.kind !== 'wide' && focus === 'prices') {
    const above = layout.kind === 'tabs' ? [tabsRow(terminal, layout.columns, drawing)] : [];
    const title = ruleRow(pricesTitle(terminal.prices, drawing), [], layout.columns, glyphs);
    return { rows: [...above, title, ...exactly(pricePane(prices), layout.prices)], below: [], belowRight: [] };
  }
  const query = windowQuery(terminal, layout, drawing);
  const view = chatWindow(query);
  const messages = exactly(conversationRows(terminal, view, query), layout.chat);
  const typing = typingRow(terminal, drawing);
  const newer = newerRow(terminal, view, drawing);
  if (layout.kind !== 'wide') {
    const ticker = priceTicker({ ...prices, columns: layout.columns });
    const above = layout.kind === 'tabs' ? [tabsRow(terminal, layout.columns, drawing), ticker] : [ticker];
    const title = layout.kind === 'tabs' ? typing : typing.length > 0 ? typing : narrowTitle(terminal, drawing);
    return { rows: [...above, ...messages], below: title, belowRight: newer };
  }
  const list = exactly(listRows(terminal, layout.list.columns, layout.list.rows, drawing), layout.list);
  const pane = exactly(pricePane(prices), layout.prices);
  if (!layout.framed) {
    const side = [span(` ${glyphs.bar} `, 'frame')];
    const rows = messages.map(
      (row, index): Row => [...(list[index] ?? []), ...side, ...row, ...side, ...(pane[index] ?? [])],
    );
    return { rows, below: typing, belowRight: newer };
  }
  const left = framed(list, {
    title: [span('chats', 'title')],
    columns: layout.list.columns + 4,
    height: layout.list.rows,
    glyphs,
  });
  const middle = framed(messages, {
    title: roomTitle(terminal, drawing),
    footer: typing,
    footerRight: newer,
    columns: layout.chat.columns + 4,
    height: layout.chat.rows,
    glyphs,
  });
  const right = framed(pane, {
    title: pricesTitle(terminal.prices, drawing),
    columns: layout.prices.columns + 4,
    height: layout.prices.rows,
    glyphs,
  });
  const rows = middle.map((row, index) => [...(left[index] ?? []), ...row, ...(right[index] ?? [])]);
  return { rows, below: [], belowRight: [] };
}

function exactly(rows: readonly Row[], { columns, rows: height }: { columns: number; rows: number }): readonly Row[] {
  return Array.from({ length: height }, (_, index) => fitRow(rows[index] ?? [], columns));
}

const OVERLAY_TITLES = { help: 'keys and commands', conversations: 'conversations', wire: 'wire' } as const;

/** What takes all the room between header and input. */
function overlayBody(terminal: Terminal, layout: Layout, drawing: Drawing): Body {
  const { columns } = layout;
  const { glyphs } = drawing;
  const { overlay = 'help', wire } = terminal;
  const { isFramed, inside, height } = overlayPlace(layout);
  const drawn = {
    help: () => helpRows(inside, height, terminal.overlayRow),
    conversations: () => conversationsPage(terminal, inside, height, drawing),
    wire: () => wireRows(wire, inside, height, drawing),
  }[overlay]();
  const filled = exactly(drawn, { columns: inside, rows: height });
  const title: Span[] = [span(OVERLAY_TITLES[overlay], 'title')];
  if (overlay === 'help') {
    const words = pageWords(helpPage(inside, height), terminal.overlayRow);
    if (words !== undefined) title.push(span(` ${words}`, 'dim'));
  }
  if (overlay === 'wire' && wire.full !== undefined) {
    const words = pageWords(wirePage(wire, inside, height, drawing), wire.full.row);
    title.push(span(words === undefined ? ' in full' : ` ${words}`, 'dim'));
  } else if (overlay === 'wire') {
    if (wire.paused) title.push(span(' paused', 'warn'));
    if (wire.filtering) title.push(span(` find: ${drawing.text(wire.filter)}_`, 'accent'));
    else if (wire.filter !== '') title.push(span(` "${drawing.text(wire.filter)}"`, 'accent'));
  }
  return { rows: isFramed ? framed(filled, { title, columns, height, glyphs }) : filled, below: title, belowRight: [] };
}

function overlayPlace(layout: Layout): { isFramed: boolean; inside: number; height: number } {
  const { columns, rows, inputRows: typed, hasHint } = layout;
  const isFramed = layout.kind === 'wide' && layout.framed;
  const height = Math.max(1, rows - typed - (hasHint ? 1 : 0) - (isFramed ? 5 : 2));
  return { isFramed, inside: isFramed ? columns - 4 : columns, height };
}

/** Its name, and who of its members is here. */
function roomTitle(terminal: Terminal, drawing: Drawing): Row {
  const { people, userId } = terminal;
  const open = shownConversation(terminal);
  const title: Span[] = [span(conversationName(open, userId, drawing), 'title')];
  if (open.kind === 'direct') {
    const partner = open.members.find((member) => member !== userId);
    const status = partner === undefined ? undefined : people.get(partner)?.status;
    title.push(span(status === 'ONLINE' ? ' here' : status === 'AWAY' ? ' away' : ' not here', 'dim'));
  } else {
    const here = membersHere(open, people).length;
    const of = open.kind === 'global' ? '' : ` of ${open.members.length}`;
    if (here > 0) title.push(span(` ${here}${of} here`, 'dim'));
  }
  return title;
}

/** Where there is no list: which conversation this is, and that others wait. */
function narrowTitle(terminal: Terminal, drawing: Drawing): Row {
  const { conversations, userId } = terminal;
  const open = shownConversation(terminal);
  const waiting = conversations.list.filter(({ key, unread }) => unread > 0 && key !== open.key);
  const [first] = waiting;
  const title: Span[] = [span(conversationName(open, userId, drawing), 'title')];
  if (first !== undefined) {
    const sum = waiting.reduce((total, { unread }) => total + unread, 0);
    const others = waiting.length > 1 ? ` and ${waiting.length - 1} more` : '';
    title.push(span(` ${sum} unread: ${conversationName(first, userId, drawing)}${others}`, 'warn'));
  }
  return title;
}

function conversationRows(terminal: Terminal, view: ChatWindow, { height, context }: WindowQuery): readonly Row[] {
  const { links, serverUrl } = terminal;
  const chat = shownChat(terminal);
  if (view.rows.length > 0) {
    // Few messages stand at the bottom, where the next one comes.
    return [...Array.from({ length: height - view.rows.length }, (): Row => []), ...view.rows];
  }
  const { drawing } = context;
  const isConnected = links.chat.kind === 'live' || links.chat.kind === 'polling';
  const trouble = linkTrouble(links.chat, drawing);
  const words =
    trouble ??
    (chat.ready
      ? 'Nobody has said anything yet. Say hello.'
      : isConnected
        ? 'Loading the conversation'
        : `Connecting to ${drawing.text(serverUrl)}`);
  const rows = wrap(words, context.columns - 2).map(
    (row): Row => [span(` ${row}`, trouble === undefined ? 'dim' : 'warn')],
  );
  const above = Math.max(0, Math.floor((height - rows.length) / 2));
  return [...Array.from({ length: above }, (): Row => []), ...rows];
}

function typingRow(terminal: Terminal, drawing: Drawing): Row {
  const names = [...shownChat(terminal).typing.values()].map(({ userName }) => drawing.name(userName));
  const [first, second] = names;
  if (first === undefined) return [];
  if (second === undefined) return [span(`${first} is typing`, 'dim')];
  if (names.length === 2) return [span(`${first} and ${second} are typing`, 'dim')];
  return [span(`${first} and ${names.length - 1} others are typing`, 'dim')];
}

function newerRow(terminal: Terminal, { newBelow }: ChatWindow, { glyphs }: Drawing): Row {
  const { scroll } = shownConversation(terminal);
  if (scroll.kind === 'end') return [];
  return newBelow === 0
    ? [span(`${glyphs.down} Esc: newest`, 'dim')]
    : [span(`${glyphs.down} ${newBelow} new`, 'accent', true)];
}

function countRow({ editor }: Terminal, maxContent: number): Row {
  if (editor.text.length < maxContent * COUNT_FROM) return [];
  const length = lengthOf(editor.text);
  if (length < maxContent * COUNT_FROM) return [];
  return [span(`${length} of ${maxContent}`, length > maxContent ? 'bad' : 'dim')];
}

function inputRows(terminal: Terminal, shown: EditorRows, drawing: Drawing): readonly Row[] {
  const { editor, overlay, focus, userId } = terminal;
  const prompt = `${drawing.glyphs.prompt} `;
  if (editor.text === '' && overlay === undefined) {
    const open = shownConversation(terminal);
    const whom = open.kind === 'global' ? 'everybody' : conversationName(open, userId, drawing);
    const words = focus === 'chat' ? `write to ${whom}` : 'Tab goes back to the chat';
    return [[span(prompt, focus === 'chat' ? 'accent' : 'dim'), span(words, 'dim')]];
  }
  return shown.rows.map((row, index) => [
    span(index === 0 ? prompt : ' '.repeat(columnsOf(prompt)), 'accent'),
    span(row),
  ]);
}

/** The keys to begin with: the first of these that fit. */
const HINTS = [
  ['Enter send', 'Ctrl-N next chat', 'Tab prices', 'PgUp scroll', '/dm name', '? help', 'Ctrl-C leave'],
  ['Enter send', 'Ctrl-N next chat', 'Tab prices', '? help', 'Ctrl-C leave'],
  ['Ctrl-N next', 'Tab prices', '? help', 'Ctrl-C leave'],
  ['? help', 'Ctrl-C leave'],
] as const;
const PRICE_HINTS = [
  ['Up/Down choose', 'Enter chart', 's sort', 'r reverse', '/ find', 'Tab back', 'Ctrl-C leave'],
  ['Enter chart', 's sort', '/ find', 'Tab back', 'Ctrl-C leave'],
] as const;
const CHART_HINTS = [
  ['Left/Right crosshair', '1-4 interval', 'c candles or line', 'Up/Down symbol', 'Esc close', 'Tab back'],
  ['1-4 interval', 'c line', 'Esc close', 'Tab back'],
] as const;
const OVERLAY_HINTS = {
  help: [
    ['Up/Down, PgUp/PgDn: more', 'any other key closes this'],
    ['PgUp/PgDn: more', 'others close'],
  ],
  conversations: [['Up/Down choose', 'Enter opens', 'Esc closes']],
  wire: [
    ['Up/Down choose', 'Enter: in full', 'Space pauses', '/ finds', '/wire save FILE keeps it', 'Esc closes'],
    ['Up/Down', 'Enter: in full', 'Space pauses', '/ finds', 'Esc closes'],
    ['Enter: in full', '/ finds', 'Esc closes'],
  ],
} as const;

const WIRE_FULL_HINTS = [
  ['Up/Down, PgUp/PgDn: more', 'Left/Right: older, newer', 'Esc: the list'],
  ['PgUp/PgDn: more', 'Esc: the list'],
];

/** What the user should know now: an answer, else what is wrong with a link, else the keys. */
function hintRow(terminal: Terminal, columns: number, drawing: Drawing): Row {
  const { notice, links, overlay, focus, prices } = terminal;
  const { glyphs } = drawing;
  if (notice !== undefined) {
    return [span(` ${drawing.text(notice.text)}`, notice.tone === 'info' ? 'accent' : notice.tone)];
  }
  const rowOf = (hints: readonly string[], tone: 'accent' | 'dim'): Row => [
    span(` ${hints.join(` ${glyphs.dot} `)}`, tone),
  ];
  const fittingOf = (choices: readonly (readonly string[])[], tone: 'accent' | 'dim'): Row => {
    const rows = choices.map((hints) => rowOf(hints, tone));
    return rows.find((row) => rowColumns(row) <= columns) ?? rows.at(-1) ?? [];
  };
  if (overlay === 'wire' && terminal.wire.full !== undefined) return fittingOf(WIRE_FULL_HINTS, 'accent');
  if (overlay !== undefined) return fittingOf(OVERLAY_HINTS[overlay], 'accent');
  const chatTrouble = linkTrouble(links.chat, drawing);
  if (chatTrouble !== undefined && shownChat(terminal).messages.length > 0)
    return [span(` chat: ${chatTrouble}`, 'warn')];
  const marketTrouble = linkTrouble(links.market, drawing);
  if (marketTrouble !== undefined && chatTrouble === undefined) return [span(` prices: ${marketTrouble}`, 'warn')];
  if (focus === 'prices') return fittingOf(prices.chart === undefined ? PRICE_HINTS : CHART_HINTS, 'dim');
  return fittingOf(HINTS, 'dim');
}

/** The whole screen as rows, by panes. Pure: what is shown, and the size, in; rows of exactly that size out. */
import { lengthOf } from '../state/line-editor.ts';
import { chartedSymbol, type Terminal } from '../state/terminal.ts';
import { type ChatWindow, chatWindow, type WindowQuery } from './chat-window.ts';
import type { Drawing } from './drawing.ts';
import { type EditorRows, editorRows } from './editor-rows.ts';
import { framed, ruleRow } from './frame.ts';
import { helpRows } from './help-rows.ts';
import { type Layout, layoutOf } from './layout.ts';
import { linkRow, linkTrouble } from './link-words.ts';
import { type PricesQuery, priceGrid, pricePane, priceTicker } from './price-rows.ts';
import { fitRow, type Row, rowColumns, span, spread } from './style.ts';
import { columnsOf, wrap } from './text-layout.ts';

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
  const composer = isFramed
    ? framed(input, {
        title: [span('message', 'dim')],
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
    terminal.overlay === undefined
      ? { x: inset + promptColumns(drawing) + editor.cursor.x, y: inputTop + editor.cursor.y }
      : undefined;
  return { rows: all.map((row) => fitRow(row, columns)), cursor };
}

/** The chat's window as it is laid out now: what scrolling goes by. */
export function chatQuery(terminal: Terminal, drawing: Drawing): WindowQuery {
  return windowQuery(terminal, arranged(terminal, drawing).layout, drawing);
}

function promptColumns({ glyphs }: Drawing): number {
  return columnsOf(glyphs.prompt) + 1;
}

function arranged(terminal: Terminal, drawing: Drawing): { layout: Layout; editor: EditorRows } {
  const { size, market } = terminal;
  const inset = size.columns >= 100 ? 4 : 0;
  const forText = size.columns - promptColumns(drawing) - inset;
  const wanted = editorRows(terminal.editor, forText, Number.MAX_SAFE_INTEGER, drawing).rows.length;
  const layout = layoutOf(size, wanted, market.size);
  return { layout, editor: editorRows(terminal.editor, forText, layout.inputRows, drawing) };
}

function windowQuery(terminal: Terminal, layout: Layout, drawing: Drawing): WindowQuery {
  const { chat, scroll, now, userId } = terminal;
  return { chat, scroll, now, height: layout.chat.rows, context: { drawing, columns: layout.chat.columns, userId } };
}

function headerRow({ serverUrl, userId, links, people, now }: Terminal, { columns }: Layout, drawing: Drawing): Row {
  const { glyphs, time } = drawing;
  const dot = span(` ${glyphs.dot} `, 'frame');
  const chat = linkRow('chat', links.chat, now, drawing);
  const prices = linkRow('prices', links.market, now, drawing);
  const right = [...chat, span('  '), ...prices];
  const roomy = columns >= 60 ? [...right, span('  '), span(time.clock(now), 'dim'), span(' ')] : right;
  const left = [span(' rtd', 'accent', true)];
  if (columns >= 80) left.push(span('  '), span(drawing.text(serverUrl.replace(/^https?:\/\//, '')), 'dim'));
  if (userId !== undefined && columns >= 60) left.push(dot, span(drawing.name(userId), 'own'));
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
  const { glyphs } = drawing;
  const query = windowQuery(terminal, layout, drawing);
  const { chat } = layout;
  const view = chatWindow(query);
  if (terminal.overlay === 'help') return helpBody(layout, drawing);
  const shown = conversationRows(terminal, view, query);
  const filled = Array.from({ length: chat.rows }, (_, index) => fitRow(shown[index] ?? [], chat.columns));
  const typing = typingRow(terminal, drawing);
  const newer = newerRow(terminal, view, drawing);
  const prices: PricesQuery = {
    market: terminal.market,
    link: terminal.links.market,
    now: terminal.now,
    drawing,
    columns: layout.kind === 'narrow' ? layout.columns : layout.prices.columns,
    height: layout.kind === 'narrow' ? 1 : layout.prices.rows,
  };
  if (layout.kind === 'narrow') {
    return { rows: [priceTicker(prices), ...filled], below: typing, belowRight: newer };
  }
  if (layout.kind === 'stacked') {
    const title = ruleRow([span(roomTitle(terminal), 'title')], [], layout.columns, glyphs);
    const grid = priceGrid(prices);
    const padded = Array.from({ length: layout.prices.rows }, (_, index) => grid[index] ?? fitRow([], layout.columns));
    return { rows: [...padded, title, ...filled], below: typing, belowRight: newer };
  }
  const table = pricePane(prices, chartedSymbol(terminal));
  if (!layout.framed) {
    const rows = filled.map((row, index): Row => {
      const price = fitRow(table[index] ?? [], layout.prices.columns);
      return [...row, span(` ${glyphs.bar} `, 'frame'), ...price];
    });
    return { rows, below: typing, belowRight: newer };
  }
  const left = framed(filled, {
    title: [span(roomTitle(terminal), 'title')],
    footer: typing,
    footerRight: newer,
    columns: layout.chat.columns + 4,
    height: chat.rows,
    glyphs,
  });
  const right = framed(table, {
    title: [span('prices', 'title')],
    columns: layout.prices.columns + 4,
    height: layout.prices.rows,
    glyphs,
  });
  return { rows: left.map((row, index) => [...row, ...(right[index] ?? [])]), below: [], belowRight: [] };
}

/** The help takes all the room between header and input. */
function helpBody({ columns, rows, inputRows: typed, hasHint, ...layout }: Layout, { glyphs }: Drawing): Body {
  const isFramed = layout.kind === 'wide' && layout.framed;
  const height = rows - typed - (hasHint ? 1 : 0) - (isFramed ? 5 : 2);
  const inside = isFramed ? columns - 4 : columns;
  const help = helpRows(inside, height);
  const filled = Array.from({ length: height }, (_, index) => fitRow(help[index] ?? [], inside));
  const title = [span('keys and commands', 'title')];
  return { rows: isFramed ? framed(filled, { title, columns, height, glyphs }) : filled, below: [], belowRight: [] };
}

function roomTitle({ chat }: Terminal): string {
  return chat.conversationId;
}

function conversationRows(terminal: Terminal, view: ChatWindow, { height, context }: WindowQuery): readonly Row[] {
  const { chat, links, serverUrl } = terminal;
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

function typingRow({ chat }: Terminal, drawing: Drawing): Row {
  const names = [...chat.typing.values()].map(({ userName }) => drawing.name(userName));
  const [first, second] = names;
  if (first === undefined) return [];
  if (second === undefined) return [span(`${first} is typing`, 'dim')];
  if (names.length === 2) return [span(`${first} and ${second} are typing`, 'dim')];
  return [span(`${first} and ${names.length - 1} others are typing`, 'dim')];
}

function newerRow({ scroll }: Terminal, { newBelow }: ChatWindow, { glyphs }: Drawing): Row {
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

function inputRows({ editor, overlay }: Terminal, shown: EditorRows, { glyphs }: Drawing): readonly Row[] {
  const prompt = `${glyphs.prompt} `;
  if (editor.text === '' && overlay === undefined) {
    return [[span(prompt, 'accent'), span('write to everybody', 'dim')]];
  }
  return shown.rows.map((row, index) => [
    span(index === 0 ? prompt : ' '.repeat(columnsOf(prompt)), 'accent'),
    span(row),
  ]);
}

/** The keys to begin with: the first of these that fit. */
const HINTS = [
  ['Enter send', 'Alt-Enter new line', 'PgUp/PgDn scroll', 'Tab next chart', '? help', 'Ctrl-C leave'],
  ['Enter send', 'Alt-Enter new line', 'PgUp scroll', '? help', 'Ctrl-C leave'],
  ['Enter send', 'PgUp scroll', '? help', 'Ctrl-C leave'],
  ['? help', 'Ctrl-C leave'],
] as const;

/** What the user should know now: an answer, else what is wrong with a link, else the keys. */
function hintRow({ notice, links, chat, overlay }: Terminal, columns: number, drawing: Drawing): Row {
  const { glyphs } = drawing;
  if (overlay !== undefined) return [span(' Any key closes this.', 'accent')];
  if (notice !== undefined) {
    return [span(` ${drawing.text(notice.text)}`, notice.tone === 'info' ? 'accent' : notice.tone)];
  }
  const chatTrouble = linkTrouble(links.chat, drawing);
  if (chatTrouble !== undefined && chat.messages.length > 0) return [span(` chat: ${chatTrouble}`, 'warn')];
  const marketTrouble = linkTrouble(links.market, drawing);
  if (marketTrouble !== undefined && chatTrouble === undefined) return [span(` prices: ${marketTrouble}`, 'warn')];
  const fitting = HINTS.map((hints): Row => [span(` ${hints.join(` ${glyphs.dot} `)}`, 'dim')]);
  return fitting.find((row) => rowColumns(row) <= columns) ?? [];
}

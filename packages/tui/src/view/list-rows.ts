/** The conversations: as a pane with who is here below, as a row of tabs, and as a page to choose from. */
import { type Conversation, openConversation, partnerOf } from '../state/conversations.ts';
import type { Terminal } from '../state/terminal.ts';
import { conversationName, membersHere, presenceMark } from './conversation-name.ts';
import type { Drawing } from './drawing.ts';
import { fitRow, type Row, rowColumns, type Span, span, spread } from './style.ts';
import { truncate } from './text-layout.ts';
import { nameTone } from './theme.ts';

/** Alt-1 to Alt-9. */
const NUMBERED = 9;
/** The row of who is here, and one of them. */
const LEAST_PEOPLE_ROWS = 3;

/** At most `height` rows: the conversations around the open one, then who is here. */
export function listRows(terminal: Terminal, columns: number, height: number, drawing: Drawing): readonly Row[] {
  const { conversations } = terminal;
  const { list, openKey } = conversations;
  const forList = Math.max(1, Math.min(list.length, height - LEAST_PEOPLE_ROWS));
  const open = list.findIndex(({ key }) => key === openKey);
  const first = windowStart(open, list.length, forList);
  const rows = list
    .slice(first, first + forList)
    .map((one, index) => conversationRow(terminal, one, first + index, columns, drawing));
  const below = height - rows.length - 1;
  return below < 2 ? rows : [...rows, [], ...peopleRows(terminal, columns, below, drawing)];
}

function windowStart(chosen: number, length: number, height: number): number {
  return Math.max(0, Math.min(length - height, chosen - Math.floor(height / 2)));
}

function conversationRow(terminal: Terminal, one: Conversation, index: number, columns: number, drawing: Drawing): Row {
  const { conversations, userId, people } = terminal;
  const isOpen = one.key === conversations.openKey;
  const { glyphs } = drawing;
  const partner = partnerOf(one, userId);
  const mark =
    partner === undefined
      ? span(one.kind === 'group' ? glyphs.group : glyphs.room, 'dim')
      : presenceMark(partner, people, drawing);
  const name = conversationName(one, userId, drawing);
  // What is on the screen is about to be marked as read.
  const right = countSpans(isOpen && one.scroll.kind === 'end' ? { ...one, unread: 0 } : one, drawing);
  const left: Span[] = [
    span(isOpen ? glyphs.prompt : ' ', 'accent'),
    span(index < NUMBERED ? `${index + 1} ` : '  ', 'dim'),
    mark,
    span(' '),
  ];
  const room = columns - rowColumns(left) - rowColumns(right);
  left.push(
    span(
      truncate(name, room, glyphs.ellipsis),
      isOpen ? 'accent' : one.unread > 0 ? 'strong' : 'plain',
      isOpen || one.unread > 0,
    ),
  );
  return spread(left, right, columns);
}

/** What waits there: failed, unsent text, messages. */
function countSpans({ unread, draft, chat }: Conversation, { glyphs }: Drawing): readonly Span[] {
  const spans: Span[] = [];
  if (chat.outgoing.some(({ state }) => state.kind === 'refused')) spans.push(span(` ${glyphs.failed}`, 'bad'));
  if (chat.typing.size > 0) spans.push(span(` ${glyphs.ellipsis}`, 'dim'));
  if (draft !== '') spans.push(span(` ${glyphs.draft}`, 'dim'));
  if (unread > 0) spans.push(span(` ${unread > 999 ? '999+' : unread}`, 'warn', true));
  return spans;
}

/** Who is here, and in a conversation of a few, who is not. */
function peopleRows(terminal: Terminal, columns: number, height: number, drawing: Drawing): readonly Row[] {
  const { conversations, people, userId } = terminal;
  const open = openConversation(conversations);
  const here = membersHere(open, people);
  const others = open.kind === 'global' ? [] : open.members.filter((member) => !people.has(member));
  const all = [...here, ...others];
  if (all.length === 0) return [];
  const counted = open.kind === 'global' ? `${here.length} here` : `${here.length} of ${all.length} here`;
  const shown = all.length > height - 1 ? all.slice(0, height - 2) : all;
  const rows = shown.map((id): Row => {
    const tone = id === userId ? 'own' : people.has(id) ? nameTone(id, drawing.nameColors) : 'dim';
    const name = truncate(drawing.name(id), columns - 2, drawing.glyphs.ellipsis);
    return [presenceMark(id, people, drawing), span(' '), span(name, tone)];
  });
  const left = all.length - shown.length;
  return [[span(counted, 'dim')], ...rows, ...(left > 0 ? [[span(`and ${left} more`, 'dim')]] : [])];
}

/** `1 global  2 bob 3  prices`: the open one always among them. */
export function tabsRow(terminal: Terminal, columns: number, drawing: Drawing): Row {
  const { conversations, userId, focus } = terminal;
  const { list, openKey } = conversations;
  const tabs = list.map((one, index): Row => {
    const isOpen = one.key === openKey && focus === 'chat';
    const name = truncate(conversationName(one, userId, drawing), 16, drawing.glyphs.ellipsis);
    return [
      span(index < NUMBERED ? ` ${index + 1} ` : ' ', 'dim'),
      span(name, isOpen ? 'accent' : one.unread > 0 ? 'strong' : 'plain', isOpen),
      ...countSpans(one, drawing),
      span(' '),
    ];
  });
  const prices: Row = [
    span(' Tab ', 'dim'),
    span('prices', focus === 'prices' ? 'accent' : 'plain', focus === 'prices'),
    span(' '),
  ];
  const room = columns - rowColumns(prices);
  const open = Math.max(
    0,
    list.findIndex(({ key }) => key === openKey),
  );
  let first = 0;
  while (first < open && rowColumns(tabs.slice(first, open + 1).flat()) > room) first += 1;
  return spread(tabs.slice(first).flat(), prices, columns);
}

/** Every conversation, a row each, with who said what last; the chosen one is marked. */
export function conversationsPage(
  terminal: Terminal,
  columns: number,
  height: number,
  drawing: Drawing,
): readonly Row[] {
  const { conversations, userId, overlayRow } = terminal;
  const { list } = conversations;
  const chosen = Math.min(overlayRow, list.length - 1);
  const first = windowStart(chosen, list.length, height);
  return list.slice(first, first + height).map((one, index): Row => {
    const isChosen = first + index === chosen;
    const forName = Math.min(32, Math.floor(columns / 2));
    const row = conversationRow(terminal, one, first + index, forName, drawing);
    const last = one.chat.messages.at(-1);
    const words =
      last === undefined
        ? `${one.kind}, ${one.members.length} members`
        : `${drawing.name(last.senderName)}: ${drawing.text(last.content)}`;
    const about = one.kind === 'global' && last === undefined ? 'everybody' : userId === undefined ? '' : words;
    return fitRow(
      [span(isChosen ? drawing.glyphs.chosen : ' ', 'accent', true), ...row, span('  '), span(about, 'dim')],
      columns,
    );
  });
}

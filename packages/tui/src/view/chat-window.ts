/**
 * The part of the conversation that is on the screen, and how scrolling moves it. Only what is near it is ever wrapped,
 * and every message once a width, so a conversation of 100,000 messages costs what one of 100 does.
 */
import type { ChatMessage } from '@rtd/protocol';
import { type Chat, readersOf } from '../state/chat.ts';
import type { Scroll } from '../state/conversations.ts';
import { type MessageContext, type MessageNotes, messageRows, outgoingRows } from './message-rows.ts';
import { type Row, span } from './style.ts';

export interface ChatWindow {
  /** At most `height`, the oldest first. */
  readonly rows: readonly Row[];
  /** Messages that came since the view was frozen. */
  readonly newBelow: number;
  /** The first message that is known is among the rows, or less than a screen above them. */
  readonly nearTop: boolean;
}

export interface WindowQuery {
  readonly chat: Chat;
  readonly scroll: Scroll;
  readonly height: number;
  readonly now: number;
  readonly context: MessageContext;
  /** The line "unread" stands behind this seq. */
  readonly unreadAfter?: number | undefined;
  /** More than one other may read here, so that they are counted. */
  readonly countsReaders?: boolean | undefined;
}

interface Wrapped {
  readonly previous: ChatMessage | undefined;
  readonly context: MessageContext;
  readonly notes: MessageNotes;
  readonly rows: readonly Row[];
}

const END: Scroll = { kind: 'end' };

const wrapped = new WeakMap<ChatMessage, Wrapped>();

function rowsOf({ chat, context, unreadAfter, countsReaders }: WindowQuery, index: number): readonly Row[] {
  const message = chat.messages[index];
  if (message === undefined) return [];
  const previous = chat.messages[index - 1];
  const notes: MessageNotes = {
    isFirstUnread: unreadAfter !== undefined && message.seq > unreadAfter && (previous?.seq ?? 0) <= unreadAfter,
    readers: countsReaders === true && message.senderId === context.userId ? readersOf(chat, message.seq) : undefined,
  };
  const known = wrapped.get(message);
  const fits =
    known !== undefined &&
    known.previous === previous &&
    known.notes.isFirstUnread === notes.isFirstUnread &&
    known.notes.readers === notes.readers &&
    known.context.columns === context.columns &&
    known.context.drawing === context.drawing &&
    known.context.userId === context.userId;
  if (fits) return known.rows;
  const rows = messageRows(message, previous, context, notes);
  wrapped.set(message, { previous, context, notes, rows });
  return rows;
}

/** A row of the conversation: row `row` of block `index`; one's own that are not stored yet stand behind the messages. */
interface Place {
  readonly index: number;
  readonly row: number;
}

export function chatWindow(query: WindowQuery): ChatWindow {
  const { chat, scroll, height } = query;
  const bottom = bottomOf(query);
  const rows: Row[] = [];
  let index = bottom.index;
  let block: readonly Row[] = blockRows(query, index).slice(0, bottom.row + 1);
  for (;;) {
    rows.unshift(...block);
    if (rows.length >= height || index < 0) break;
    index -= 1;
    block = index < 0 ? topRows(chat) : blockRows(query, index);
  }
  // Where the top is reached before the screen is full, the rows below fill it.
  let below = bottom;
  while (rows.length < height) {
    const rest = blockRows(query, below.index).slice(below.row + 1);
    rows.push(...rest.slice(0, height - rows.length));
    if (below.index >= lastBlock(chat)) break;
    below = { index: below.index + 1, row: -1 };
  }
  const newBelow = scroll.kind === 'end' ? 0 : chat.messages.length - firstAfter(chat.messages, scroll.newestSeen);
  return {
    rows: rows.slice(-height),
    newBelow,
    nearTop: index <= Math.max(0, height - rowsOf(query, 0).length),
  };
}

/** Where the view stands after moving by `by` rows: negative is up, into the past, -Infinity to the first that is known. */
export function scrolled(query: WindowQuery, by: number): Scroll {
  const { chat, scroll, height } = query;
  let { index, row } = bottomOf(query);
  let steps = Math.abs(by);
  if (by === Number.NEGATIVE_INFINITY) {
    // Not by way of all that is between.
    ({ index, row } = notAboveFirstScreen(query, { index: 0, row: 0 }));
  } else if (by < 0) {
    while (steps > row && index > 0) {
      steps -= row + 1;
      index -= 1;
      row = blockRows(query, index).length - 1;
    }
    row = Math.max(0, row - steps);
    ({ index, row } = notAboveFirstScreen(query, { index, row }));
  } else {
    let left = blockRows(query, index).length - 1 - row;
    while (steps > left && index < lastBlock(chat)) {
      steps -= left + 1;
      index += 1;
      row = 0;
      left = blockRows(query, index).length - 1;
    }
    row += Math.min(steps, left);
  }
  const isEnd = index >= lastBlock(chat) && row >= blockRows(query, index).length - 1;
  if (isEnd || height <= 0) return END;
  const newestSeen = scroll.kind === 'at' ? scroll.newestSeen : newestSeq(chat);
  return { kind: 'at', seq: seqOf(chat, index), row, newestSeen };
}

function bottomOf(query: WindowQuery): Place {
  const { chat, scroll } = query;
  const last = lastBlock(chat);
  const endOf = (index: number): Place => ({ index, row: blockRows(query, index).length - 1 });
  if (scroll.kind === 'end') return endOf(last);
  const stored = firstAfter(chat.messages, scroll.seq - 1);
  const index = stored < chat.messages.length ? stored : stored + scroll.seq - newestSeq(chat) - 1;
  if (index > last) return endOf(last);
  return { index, row: Math.min(scroll.row, endOf(index).row) };
}

/** The lowest place at which the first screen is still full, where `place` lies above it. */
function notAboveFirstScreen(query: WindowQuery, place: Place): Place {
  const last = lastBlock(query.chat);
  let rows = topRows(query.chat).length + place.row + 1;
  for (let index = place.index - 1; index >= 0 && rows < query.height; index -= 1) {
    rows += blockRows(query, index).length;
  }
  let { index, row } = place;
  while (rows < query.height && index <= last) {
    const room = blockRows(query, index).length - 1 - row;
    const step = Math.min(room, query.height - rows);
    rows += step;
    row += step;
    if (rows >= query.height || index >= last) break;
    index += 1;
    row = -1;
  }
  return { index, row: Math.max(0, row) };
}

function blockRows(query: WindowQuery, index: number): readonly Row[] {
  const { chat, context, now } = query;
  if (index < chat.messages.length) return rowsOf(query, index);
  const unstored = chat.outgoing[index - chat.messages.length];
  return unstored === undefined ? [] : outgoingRows(unstored, now, context);
}

/** -1 where there is nothing. */
function lastBlock({ messages, outgoing }: Chat): number {
  return messages.length + outgoing.length - 1;
}

function newestSeq({ messages }: Chat): number {
  return messages.at(-1)?.seq ?? 0;
}

/** What is not stored goes by the seq that it gets if nobody else writes meanwhile, so that the view stands still then. */
function seqOf(chat: Chat, index: number): number {
  return chat.messages[index]?.seq ?? newestSeq(chat) + 1 + index - chat.messages.length;
}

/** What stands above the first message. */
function topRows(chat: Chat): readonly Row[] {
  if (chat.older === 'loading') return [[span('loading older messages', 'dim')]];
  if (chat.older === 'failed') return [[span('older messages could not be loaded; PgUp tries again', 'warn')]];
  if (chat.older === 'full')
    return [[span(`${chat.messages.length} messages are held here, and no older ones`, 'warn')]];
  if (chat.older === 'none' && chat.messages.length > 0) return [[span('the conversation begins here', 'dim')]];
  return [];
}

/** Index of the first message with a seq above `seq`. */
function firstAfter(messages: readonly ChatMessage[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.seq ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

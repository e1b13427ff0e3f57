/** One message as rows: time, name, text wrapped to the width, and on one's own how far it got. */
import type { OutgoingMessage } from '@rtd/client';
import type { ChatMessage } from '@rtd/protocol';
import type { Drawing } from './drawing.ts';
import { type Row, type Span, span, type Tone } from './style.ts';
import { columnsOf, fitRight, truncate, wrap } from './text-layout.ts';
import { nameTone } from './theme.ts';

export interface MessageContext {
  readonly drawing: Drawing;
  readonly columns: number;
  readonly userId: string | undefined;
}

/** What is said about a message besides itself. */
export interface MessageNotes {
  /** The line "unread" stands above it. */
  readonly isFirstUnread: boolean;
  /** How many others are known to have read it, where there may be several; undefined where there is one. */
  readonly readers: number | undefined;
}

const NO_NOTES: MessageNotes = { isFirstUnread: false, readers: undefined };

/** Names stand in a column of their own from this width on; below it they lead the text. */
const ALIGNED_FROM = 42;
/** A sender who goes on within this time is not named again. */
const GROUP_MILLIS = 5 * 60_000;

/** Rows of `message`, after `previous`: with the day above it where a new one begins. */
export function messageRows(
  message: ChatMessage,
  previous: ChatMessage | undefined,
  context: MessageContext,
  notes: MessageNotes = NO_NOTES,
): readonly Row[] {
  const { drawing } = context;
  const { time } = drawing;
  const at = Date.parse(message.timestamp);
  const before = previous === undefined ? undefined : Date.parse(previous.timestamp);
  const isNewDay = before === undefined || time.dayKey(before) !== time.dayKey(at);
  const goesOn =
    !isNewDay &&
    !notes.isFirstUnread &&
    previous?.senderId === message.senderId &&
    previous.senderName === message.senderName &&
    at - (before ?? 0) < GROUP_MILLIS;
  const isOwn = message.senderId === context.userId;
  const body: Body = {
    clock: isAligned(context) && goesOn && time.clock(before ?? 0) === time.clock(at) ? '' : time.clock(at),
    name: goesOn ? '' : drawing.name(message.senderName),
    nameTone: isOwn ? 'own' : nameTone(message.senderId, drawing.nameColors),
    text: drawing.text(message.content, { lines: true }),
    textTone: 'plain',
    mark: isOwn ? markOf(message.status, notes.readers, drawing) : undefined,
  };
  const rows = bodyRows(body, context);
  const above: Row[] = isNewDay ? [dayRow(at, context)] : [];
  if (notes.isFirstUnread) above.push(wordsInRule('unread', 'warn', context));
  return above.length === 0 ? rows : [...above, ...rows];
}

/** Rows of one's own message that the conversation does not have yet. */
export function outgoingRows(message: OutgoingMessage, now: number, context: MessageContext): readonly Row[] {
  const { drawing } = context;
  const { glyphs } = drawing;
  const { state } = message;
  const body: Body = {
    clock: drawing.time.clock(Date.parse(message.createdAt)),
    name: drawing.name(context.userId ?? 'you'),
    nameTone: 'own',
    text: drawing.text(message.content, { lines: true }),
    textTone: state.kind === 'sent' ? 'plain' : state.kind === 'refused' ? 'bad' : 'dim',
    mark: state.kind === 'sent' ? span(glyphs.sent, 'dim') : span(glyphs.sending, 'dim'),
  };
  if (state.kind === 'refused') {
    const why = `${glyphs.failed} not sent: ${drawing.text(state.error.message)} Alt-R sends it again, /discard takes it back`;
    return [...bodyRows({ ...body, mark: undefined }, context), ...noteRows(why, 'bad', context)];
  }
  if (state.kind === 'retrying') {
    const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1_000));
    const why = `${glyphs.retry} again in ${seconds}s: ${drawing.text(state.error.message)}`;
    return [...bodyRows({ ...body, mark: undefined }, context), ...noteRows(why, 'warn', context)];
  }
  return bodyRows(body, context);
}

interface Body {
  readonly clock: string;
  readonly name: string;
  readonly nameTone: Tone;
  readonly text: string;
  readonly textTone: Tone;
  readonly mark: Span | undefined;
}

function markOf(status: ChatMessage['status'], readers: number | undefined, { glyphs }: Drawing): Span {
  if (status === 'READ')
    return span(readers === undefined || readers === 0 ? glyphs.read : `${glyphs.read} ${readers}`, 'good');
  return span(status === 'DELIVERED' ? glyphs.delivered : glyphs.sent, 'dim');
}

function nameColumns(columns: number): number {
  return columns < 50 ? 8 : columns < 80 ? 10 : 14;
}

function isAligned({ columns }: MessageContext): boolean {
  return columns >= ALIGNED_FROM;
}

function bodyRows(body: Body, context: MessageContext): readonly Row[] {
  return isAligned(context) ? alignedRows(body, context) : leadingRows(body, context);
}

/** `12:04         ana │ text`, and further rows under the text. */
function alignedRows(body: Body, { columns, drawing }: MessageContext): readonly Row[] {
  const { glyphs } = drawing;
  const forName = nameColumns(columns);
  const name = fitRight(body.name, forName, glyphs.ellipsis);
  const texts = wrap(body.text, columns - forName - 9);
  return withMark(texts, body, columns - forName - 9).map((row, index) => [
    span(index === 0 ? body.clock.padEnd(6) : '      ', 'dim'),
    span(index === 0 ? name : ' '.repeat(forName), body.nameTone),
    span(` ${glyphs.bar} `, 'frame'),
    ...row,
  ]);
}

/** `12:04 ana: text`, further rows indented by two. */
function leadingRows(body: Body, { columns, drawing }: MessageContext): readonly Row[] {
  const name = truncate(body.name, Math.max(4, Math.floor(columns / 2) - 8), drawing.glyphs.ellipsis);
  const lead: Span[] = [span(`${body.clock} `, 'dim')];
  if (name !== '') lead.push(span(name, body.nameTone), span(': ', 'dim'));
  const leadColumns = lead.reduce((sum, { text }) => sum + columnsOf(text), 0);
  const [first = '', ...rest] = hangingWrap(body.text, columns - leadColumns, columns - 2);
  return withMark([first, ...rest], body, columns - leadColumns).map((row, index) =>
    index === 0 ? [...lead, ...row] : [span('  '), ...row],
  );
}

/** Wraps the first row to `first` columns and the others to `others`. */
function hangingWrap(text: string, first: number, others: number): string[] {
  const [start = '', ...more] = wrap(text, first);
  if (more.length === 0) return [start];
  const rest = text.slice(start.length);
  const breaks = rest.startsWith('\n') ? rest.slice(1) : rest.replace(/^[^\S\n]+/u, '').replace(/^\n/, '');
  return text.startsWith(start) ? [start, ...wrap(breaks, others)] : wrap(text, Math.min(first, others));
}

/** The mark stands behind the last row, or below it where there is no room. */
function withMark(texts: readonly string[], { mark, textTone }: Body, columns: number): readonly Row[] {
  const rows = texts.map((text): Row => [span(text, textTone)]);
  if (mark === undefined) return rows;
  const last = texts.at(-1) ?? '';
  if (columnsOf(last) + 1 + columnsOf(mark.text) > columns) return [...rows, [mark]];
  return [...rows.slice(0, -1), [span(last, textTone), span(' '), mark]];
}

function noteRows(text: string, tone: Tone, context: MessageContext): readonly Row[] {
  const { columns, drawing } = context;
  const indent = isAligned(context) ? nameColumns(columns) + 6 : 2;
  const lead = isAligned(context) ? span(` ${drawing.glyphs.bar} `, 'frame') : span('');
  const width = columns - indent - columnsOf(lead.text);
  return wrap(text, width).map((row) => [span(' '.repeat(indent)), lead, span(row, tone)]);
}

function dayRow(at: number, context: MessageContext): Row {
  return wordsInRule(context.drawing.time.day(at), 'dim', context);
}

function wordsInRule(words: string, tone: Tone, { columns, drawing }: MessageContext): Row {
  const spaced = ` ${words} `;
  const { rule } = drawing.glyphs;
  const sides = Math.max(0, columns - columnsOf(spaced));
  const left = Math.floor(sides / 2);
  return [
    span(rule.repeat(left), 'frame'),
    span(truncate(spaced, columns), tone),
    span(rule.repeat(sides - left), 'frame'),
  ];
}

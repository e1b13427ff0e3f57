/** What goes over the wire: a row a frame or chunk, and the chosen one in full, down to the bits of the frame that carries it. */
import { WEB_SOCKET_OPCODES } from '@rtd/protocol';
import { type FrameHead, listedEntries, type WireEntry, type WireView } from '../state/wire.ts';
import type { Drawing } from './drawing.ts';
import { type Page, pageOf } from './page.ts';
import { fitRow, type Row, span, type Tone } from './style.ts';
import { columnsOf, head } from './text-layout.ts';

/** Exactly `height` rows of `columns`: the list, a rule, the chosen one; or that one alone. */
export function wireRows(wire: WireView, columns: number, height: number, drawing: Drawing): readonly Row[] {
  if (wire.full !== undefined) {
    const all = detailRows(wire.full.entry, columns, drawing);
    const first = Math.min(pageOf(all.length, height).last, wire.full.row);
    return Array.from({ length: height }, (_, index) => fitRow(all[first + index] ?? [], columns));
  }
  const listed = listedEntries(wire);
  const at = wire.chosen === undefined ? listed.length - 1 : listed.findIndex(({ number }) => number === wire.chosen);
  const chosen = listed[at] ?? listed.at(-1);
  const forList = Math.max(1, Math.floor(height / 2));
  const first = Math.max(
    0,
    Math.min(listed.length - forList, (at === -1 ? listed.length - 1 : at) - Math.floor(forList / 2)),
  );
  const rows: Row[] = listed
    .slice(first, first + forList)
    .map((entry) => entryRow(entry, entry === chosen, columns, drawing));
  if (rows.length === 0)
    rows.push([
      span(
        wire.filter === '' ? 'nothing has gone over the wire yet' : `nothing with "${drawing.text(wire.filter)}"`,
        'dim',
      ),
    ]);
  while (rows.length < forList) rows.push([]);
  rows.push([span(drawing.glyphs.rule.repeat(columns), 'frame')]);
  if (chosen !== undefined) rows.push(...detailRows(chosen, columns, drawing));
  return Array.from({ length: height }, (_, index) => fitRow(rows[index] ?? [], columns));
}

/** The page of what is shown in full. */
export function wirePage({ full }: WireView, columns: number, height: number, drawing: Drawing): Page {
  return pageOf(full === undefined ? 0 : detailRows(full.entry, columns, drawing).length, height);
}

/** From so many columns on there is one for the time. */
const TIME_COLUMNS = 60;

/** `12:00:01.250 stomp → 112 SEND /app/chat` */
function entryRow(entry: WireEntry, isChosen: boolean, columns: number, drawing: Drawing): Row {
  const { glyphs, time } = drawing;
  const isOut = entry.direction === 'out';
  return [
    span(isChosen ? `${glyphs.chosen} ` : '  ', 'accent', true),
    span(columns < TIME_COLUMNS ? '' : `${time.millis(entry.at)} `, 'dim'),
    span(entry.link.padEnd(6), entry.link === 'stomp' ? 'accent' : 'good'),
    span(isOut ? `${glyphs.out} ` : `${glyphs.in} `, isOut ? 'warn' : 'plain'),
    span(`${String(entry.size).padStart(6)} `, 'dim'),
    span(drawing.text(titleOf(entry)), isChosen ? 'strong' : 'plain'),
  ];
}

/** What it is about, on one line. */
export function titleOf({ link, text, head }: WireEntry): string {
  if (link === 'sse') {
    const events = [...text.matchAll(/^event: ?(.*)$/gm)].map(([, name = '']) => name);
    const [first] = events;
    if (first === undefined) return text.startsWith(':') ? `comment ${text.split('\n')[0] ?? ''}` : 'part of an event';
    return events.length === 1
      ? `${first} ${/^data: ?(.*)$/m.exec(text)?.[1] ?? ''}`
      : `${events.length} events: ${[...new Set(events)].join(', ')}`;
  }
  // The HTTP that a WebSocket begins with.
  if (head === undefined) return text.split('\r\n', 1)[0] ?? '';
  const opcode = WEB_SOCKET_OPCODES[head.opcode] ?? `opcode ${head.opcode}`;
  if (head.opcode > 2) return `${opcode} ${text}`.trimEnd();
  if (head.opcode === 0) return head.fin ? 'the last part of a message' : 'a further part of a message';
  const title = titleOfFrames(text);
  return head.fin ? title : `the first part of ${title}`;
}

function titleOfFrames(text: string): string {
  const frames = framesOf(text);
  const [first] = frames;
  if (first === undefined) return 'heart-beat';
  const about = /^(?:destination|id|receipt-id|version|message):(.*)$/m.exec(first)?.[1] ?? '';
  const command = first.split(/\r?\n/, 1)[0] ?? '';
  return `${command} ${about}${frames.length > 1 ? ` and ${frames.length - 1} more` : ''}`;
}

function framesOf(text: string): readonly string[] {
  return text
    .split('\0')
    .map((part) => part.replace(/^[\r\n]+/, ''))
    .filter((part) => part !== '');
}

function detailRows(entry: WireEntry, columns: number, drawing: Drawing): readonly Row[] {
  const above = entry.link === 'sse' ? 'HTTP response body, text/event-stream' : aboveText(entry);
  const cut = entry.kept < entry.size ? `; of ${entry.size} octets the first ${entry.kept} are shown` : '';
  const lines = drawing.text(entry.text, { lines: true }).split('\n');
  const toned = (line: string, tone: Tone): Row[] => cutInto(line, columns).map((row): Row => [span(row, tone)]);
  const time = columns < TIME_COLUMNS ? `${drawing.time.millis(entry.at)} ` : '';
  return [
    ...toned(`${time}${above}${cut}`, 'dim'),
    ...lines.flatMap((line) => toned(line === '' ? ' ' : line, 'plain')),
  ];
}

/** Rows of exactly what was sent: no word is moved to the next one. */
function cutInto(line: string, columns: number): readonly string[] {
  const rows: string[] = [];
  let rest = line;
  while (columnsOf(rest) > columns) {
    const row = head(rest, columns);
    if (row === '') break;
    rows.push(row);
    rest = rest.slice(row.length);
  }
  return [...rows, rest];
}

/** An entry as a line of JSON: what is kept in a file. */
export function savedEntry(entry: WireEntry): string {
  const { link, direction, at, size, head, text } = entry;
  const webSocket = head === undefined ? undefined : webSocketHeader(head);
  return JSON.stringify({
    at: new Date(at).toISOString(),
    link,
    direction,
    size,
    title: titleOf(entry),
    webSocket,
    text,
  });
}

function aboveText({ head, direction }: WireEntry): string {
  if (head !== undefined) return webSocketHeader(head);
  return direction === 'out' ? 'HTTP request, RFC 6455, section 4.1' : 'HTTP response, RFC 6455, section 4.2.2';
}

/** The bits of a frame's head as they were on the wire, and the octets that they stand in (RFC 6455, section 5.2). */
export function webSocketHeader({ fin, rsv, opcode, maskingKey, lengthField, octets }: FrameHead): string {
  const hex = (bytes: Uint8Array, between: string): string =>
    [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join(between);
  const extended = octets.subarray(2, octets.length - (maskingKey?.length ?? 0));
  const length = extended.reduce((sum, octet) => sum * 256 + octet, 0);
  return [
    `WebSocket FIN=${fin ? 1 : 0}`,
    `RSV=${rsv.toString(2).padStart(3, '0')}`,
    `opcode=0x${opcode.toString(16)} (${WEB_SOCKET_OPCODES[opcode] ?? 'reserved'})`,
    maskingKey === undefined ? 'MASK=0' : `MASK=1 key=${hex(maskingKey, '')}`,
    `length=${extended.length === 0 ? lengthField : `${lengthField}+${length}`};`,
    `head of ${octets.length} octets: ${hex(octets, ' ')}`,
  ].join(' ');
}

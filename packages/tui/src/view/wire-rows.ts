/** What goes over the wire: a row a chunk, and the chosen one in full, down to the bits of the frame that carries it. */
import { listedEntries, type WireEntry, type WireView } from '../state/wire.ts';
import type { Drawing } from './drawing.ts';
import { fitRow, type Row, span, type Tone } from './style.ts';
import { columnsOf, head } from './text-layout.ts';

/** Exactly `height` rows of `columns`: the list, a rule, the chosen one. */
export function wireRows(wire: WireView, columns: number, height: number, drawing: Drawing): readonly Row[] {
  const listed = listedEntries(wire);
  const at = wire.chosen === undefined ? listed.length - 1 : listed.findIndex(({ number }) => number === wire.chosen);
  const chosen = listed[at] ?? listed.at(-1);
  const forList = Math.max(1, Math.floor(height / 2));
  const first = Math.max(
    0,
    Math.min(listed.length - forList, (at === -1 ? listed.length - 1 : at) - Math.floor(forList / 2)),
  );
  const rows: Row[] = listed.slice(first, first + forList).map((entry) => entryRow(entry, entry === chosen, drawing));
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

/** `12:00:01.250 stomp → 112 SEND /app/chat` */
function entryRow(entry: WireEntry, isChosen: boolean, drawing: Drawing): Row {
  const { glyphs, time } = drawing;
  const isOut = entry.direction === 'out';
  return [
    span(isChosen ? `${glyphs.chosen} ` : '  ', 'accent', true),
    span(`${time.millis(entry.at)} `, 'dim'),
    span(entry.link.padEnd(6), entry.link === 'stomp' ? 'accent' : 'good'),
    span(isOut ? `${glyphs.out} ` : `${glyphs.in} `, isOut ? 'warn' : 'plain'),
    span(`${String(entry.size).padStart(6)} `, 'dim'),
    span(drawing.text(titleOf(entry)), isChosen ? 'strong' : 'plain'),
  ];
}

/** What a chunk is about, on one line. */
export function titleOf({ link, text }: WireEntry): string {
  if (link === 'sse') {
    const events = [...text.matchAll(/^event: ?(.*)$/gm)].map(([, name = '']) => name);
    const [first] = events;
    if (first === undefined) return text.startsWith(':') ? `comment ${text.split('\n')[0] ?? ''}` : 'part of an event';
    return events.length === 1
      ? `${first} ${/^data: ?(.*)$/m.exec(text)?.[1] ?? ''}`
      : `${events.length} events: ${[...new Set(events)].join(', ')}`;
  }
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
  const head = entry.link === 'stomp' ? webSocketHeader(entry) : 'HTTP response body, text/event-stream';
  const cut = entry.text.length < entry.size ? `; of ${entry.size} octets the first are shown` : '';
  const lines = drawing.text(entry.text, { lines: true }).split('\n');
  const toned = (line: string, tone: Tone): Row[] => cutInto(line, columns).map((row): Row => [span(row, tone)]);
  return [...toned(`${head}${cut}`, 'dim'), ...lines.flatMap((line) => toned(line === '' ? ' ' : line, 'plain'))];
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

/**
 * RFC 6455, section 5.2: how the message is framed, by its direction and its length. Each message is one frame both ways; the
 * runtime takes the header off, so the masking key itself is not known here.
 */
export function webSocketHeader({ direction, size }: Pick<WireEntry, 'direction' | 'size'>): string {
  const isOut = direction === 'out';
  const [length, extended] = size < 126 ? [`${size}`, 0] : size < 65_536 ? [`126+${size}`, 2] : [`127+${size}`, 8];
  const octets = 2 + extended + (isOut ? 4 : 0);
  return `WebSocket FIN=1 RSV=000 opcode=0x2 (binary) MASK=${isOut ? '1' : '0'} length=${length}; header of ${octets} octets`;
}

/** The screen of `rtd top` as rows: a table of servers, charts of all of them together, and what is worth a word. Pure. */
import { stripVTControlCharacters } from 'node:util';
import { safeText } from '@rtd/tui/safe-text';
import { barSparkline, brailleChart } from '@rtd/tui/sparkline';
import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';
import { millis, whole } from '../load/result-lines.ts';
import type { ServerFigures } from './server-figures.ts';
import type { History, WatchedServer } from './watched-server.ts';

export interface TopView {
  readonly servers: readonly WatchedServer[];
  readonly columns: number;
  readonly rows: number;
  readonly level: ColorSupportLevel;
  /** `12:03:04` */
  readonly time: string;
  readonly intervalMillis: number;
  /** Milliseconds of the monotonic clock. */
  readonly now: number;
}

interface Column {
  readonly title: string;
  readonly width: number;
  cell(figures: ServerFigures, server: WatchedServer): string;
  /** True where the figure is one to worry about. */
  warns?(figures: ServerFigures): boolean;
}

const NAME_WIDTH = 20;
const UNKNOWN = '-';
/** Of all servers together. */
const MOST_SLOWEST = 5;

/** The most important first: what there is no room for is left out from the end. */
const COLUMNS: readonly Column[] = [
  { title: 'stomp', width: 8, cell: ({ connections }) => number(connections) },
  { title: 'sse', width: 7, cell: ({ eventStreams }) => number(eventStreams) },
  { title: 'msgs/s', width: 8, cell: ({ messagesPerSecond }) => number(messagesPerSecond) },
  { title: 'deliv/s', width: 8, cell: ({ deliveriesPerSecond }) => number(deliveriesPerSecond) },
  { title: 'commit p99', width: 12, cell: ({ commit }) => duration(commit?.p99) },
  { title: 'deliv p99', width: 11, cell: ({ delivery }) => duration(delivery?.p99) },
  {
    title: 'queue',
    width: 9,
    cell: ({ queueBytes }) => bytes(queueBytes),
    warns: ({ queueBytes = 0 }) => queueBytes > 10_000_000,
  },
  { title: 'gaps', width: 6, cell: ({ healedGaps }) => number(healedGaps) },
  {
    title: 'kafka lag',
    width: 11,
    cell: ({ kafkaLag }) => number(kafkaLag),
    warns: ({ kafkaLag = 0 }) => kafkaLag > 10_000,
  },
  {
    title: 'loop p99',
    width: 10,
    cell: ({ eventLoopLag }) => duration(eventLoopLag),
    warns: ({ eventLoopLag = 0 }) => eventLoopLag > 100,
  },
  { title: 'ticks/s', width: 9, cell: ({ ticksPerSecond }) => number(ticksPerSecond) },
  {
    title: 'refused/s',
    width: 11,
    cell: ({ refusedPerSecond }) => number(refusedPerSecond),
    warns: ({ refusedPerSecond = 0 }) => refusedPerSecond > 0,
  },
  { title: 'users', width: 8, cell: ({ users }) => number(users) },
  { title: 'memory', width: 9, cell: ({ memoryBytes }) => bytes(memoryBytes) },
  { title: 'messages', width: 18, cell: (_figures, { history }) => barSparkline(history.messages, 16) },
];

/** Exactly `rows` rows of at most `columns`. */
export function topRows(view: TopView): readonly string[] {
  const colour = new Chalk({ level: view.level });
  const down = view.servers.filter(({ problem }) => problem !== undefined).length;
  const count = `${view.servers.length} server${view.servers.length === 1 ? '' : 's'}`;
  const head = `${colour.bold('rtd top')}  ${view.time}  every ${view.intervalMillis / 1_000} s  ${count}${down === 0 ? '' : colour.red(`, ${down} down`)}`;
  const top = [spread(head, colour.dim('q ends'), view.columns), '', ...tableRows(view, colour), ''];
  const below = detailRows(view.servers, colour);
  const room = view.rows - top.length - below.length;
  const rows = [...top, ...chartRows(view, colour, room), ...below];
  return Array.from({ length: view.rows }, (_, index) => cut(rows[index] ?? '', view.columns));
}

function tableRows({ servers, columns, now }: TopView, colour: ChalkInstance): readonly string[] {
  let left = columns - NAME_WIDTH - 2;
  const shown: Column[] = [];
  for (const column of COLUMNS) {
    left -= column.width;
    if (left < 0) break;
    shown.push(column);
  }
  const title = `${'  server'.padEnd(NAME_WIDTH + 2)}${shown.map(({ title: text, width }) => text.padStart(width)).join('')}`;
  return [
    colour.dim(title),
    ...servers.map((server) => {
      const { figures, problem, problemSince, target } = server;
      const name = cut(safeText(figures?.serverId ?? target.authority), NAME_WIDTH - 1).padEnd(NAME_WIDTH);
      if (problem !== undefined) {
        const seconds = Math.round((now - problemSince) / 1_000);
        return colour.red(`x ${name}  ${safeText(problem)}, for ${seconds} s`);
      }
      if (figures === undefined) return `${colour.green('o')} ${name}  ${colour.dim('looking')}`;
      const cells = shown.map((column) => {
        const cell = column.cell(figures, server).padStart(column.width);
        return column.warns?.(figures) === true ? colour.yellow(cell) : cell;
      });
      return `${colour.green('o')} ${name}${cells.join('')}`;
    }),
  ];
}

const CHARTS: readonly { readonly title: string; readonly series: keyof History; readonly sums: boolean }[] = [
  { title: 'messages/s', series: 'messages', sums: true },
  { title: 'deliveries/s', series: 'deliveries', sums: true },
  { title: 'commit p99 ms', series: 'commit', sums: false },
  { title: 'delivery p99 ms', series: 'delivery', sums: false },
];

const LEAST_CHART_ROWS = 2;
const MOST_CHART_ROWS = 8;
const GAP = 3;

/** Two charts beside each other, and two below them where there is room. */
function chartRows({ servers, columns }: TopView, colour: ChalkInstance, room: number): readonly string[] {
  const width = Math.floor((columns - GAP) / 2);
  const lines = room >= 2 * (LEAST_CHART_ROWS + 2) ? 2 : room >= LEAST_CHART_ROWS + 2 ? 1 : 0;
  if (lines === 0 || width < 16) return [];
  const height = Math.min(MOST_CHART_ROWS, Math.floor(room / lines) - 2);
  const drawn = CHARTS.slice(0, lines * 2).map(({ title, series, sums }) => {
    const values = together(
      servers.map(({ history }) => history[series]),
      sums,
    ).slice(-width * 2);
    const label = `${colour.bold(title)}  ${millisOrWhole(values.at(-1) ?? 0, sums)}${colour.dim(range(values, sums))}`;
    return [label, ...brailleChart(values, width, height, 0).map((row) => colour.cyan(row))];
  });
  const rows: string[] = [];
  for (let line = 0; line < lines; line += 1) {
    const [left = [], right = []] = drawn.slice(line * 2, line * 2 + 2);
    for (const [index, text] of left.entries()) rows.push(`${pad(text, width)}${' '.repeat(GAP)}${right[index] ?? ''}`);
    rows.push('');
  }
  return rows;
}

/** Several series as one, ends aligned: summed, or the largest of each moment. */
function together(series: readonly (readonly number[])[], sums: boolean): readonly number[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  return Array.from({ length }, (_, index) => {
    const values = series.map((each) => each[each.length - length + index] ?? 0);
    return sums ? values.reduce((total, value) => total + value, 0) : Math.max(0, ...values);
  });
}

function range(values: readonly number[], isCount: boolean): string {
  if (values.length < 2) return '';
  return `  (${millisOrWhole(Math.min(...values), isCount)} to ${millisOrWhole(Math.max(...values), isCount)})`;
}

function detailRows(servers: readonly WatchedServer[], colour: ChalkInstance): readonly string[] {
  const transports = new Map<string, number>();
  for (const { figures } of servers) {
    for (const [transport, count] of Object.entries(figures?.transports ?? {})) {
      transports.set(transport, (transports.get(transport) ?? 0) + count);
    }
  }
  const rows: string[] = [];
  if (transports.size > 0) {
    const parts = [...transports].map(([transport, count]) => `${safeText(transport)} ${whole(count)}`);
    rows.push(`${colour.dim('transports')}  ${parts.join('  ')}`);
  }
  const slowest = servers
    .flatMap(({ figures }) =>
      (figures?.slowestClients ?? []).map((client) => ({ ...client, server: figures?.serverId ?? '' })),
    )
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_SLOWEST);
  if (slowest.length > 0) {
    const several = servers.length > 1;
    const parts = slowest.map(({ user, transport, server, bytes: waiting }) => {
      const where = several && server !== '' ? ` at ${safeText(server)}` : '';
      return `${safeText(user) || 'nobody'} ${colour.dim(`${safeText(transport)}${where}`)} ${colour.yellow(bytes(waiting))}`;
    });
    rows.push(`${colour.dim('slowest clients')}  ${parts.join('  ')}`);
  }
  return rows;
}

function number(value: number | undefined): string {
  return value === undefined ? UNKNOWN : whole(value);
}

function duration(value: number | undefined): string {
  return value === undefined ? UNKNOWN : `${millis(value)} ms`;
}

function bytes(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  const [amount, unit] = value >= 1e9 ? [value / 1e9, 'GB'] : value >= 1e6 ? [value / 1e6, 'MB'] : [value / 1e3, 'kB'];
  return value === 0 ? '0' : `${amount.toFixed(amount < 10 ? 1 : 0)} ${unit}`;
}

function millisOrWhole(value: number, isCount: boolean): string {
  return isCount ? whole(value) : millis(value);
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stripVTControlCharacters(text).length));
}

function spread(left: string, right: string, columns: number): string {
  const used = stripVTControlCharacters(left).length + stripVTControlCharacters(right).length;
  return used >= columns ? left : `${left}${' '.repeat(columns - used)}${right}`;
}

/** At most `columns` of what is seen, escape sequences kept whole. */
function cut(text: string, columns: number): string {
  if (stripVTControlCharacters(text).length <= columns) return text;
  let seen = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the escape character that colours begin with.
  return text.replace(/\x1b\[[\d;]*m|./gsu, (piece) => {
    if (piece.startsWith('\x1b')) return piece;
    seen += 1;
    return seen <= columns ? piece : '';
  });
}

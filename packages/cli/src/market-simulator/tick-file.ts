/**
 * Ticks out of a file, line by line: CSV with a line of column names, or NDJSON. Which of the two is told by the first line
 * that is not empty. A line that is no tick is reported with its number and what is wrong with it, and left out.
 */
import { createInterface } from 'node:readline';
import { TickInput } from '@rtd/protocol';
import { UsageError } from '../failure.ts';

export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** As files call them; the first name is the proper one. */
const COLUMNS: Readonly<Record<keyof TickInput, readonly string[]>> = {
  symbol: ['symbol', 'ticker', 'instrument'],
  price: ['price', 'last', 'close'],
  change: ['change'],
  changePercent: ['changepercent', 'change_percent'],
  volume: ['volume', 'vol', 'size', 'qty', 'quantity'],
  timestamp: ['timestamp', 'time', 'datetime', 'date', 'ts'],
};
const TEXTS: readonly string[] = ['symbol', 'timestamp'];

/** The ticks in the order of the lines. @throws UsageError for a CSV whose first line does not name symbol and price. */
export async function* ticksIn(input: NodeJS.ReadableStream, onBad: (bad: BadLine) => void): AsyncGenerator<TickInput> {
  let number = 0;
  let read: ((line: string) => unknown) | undefined;
  for await (const whole of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    const line = number === 1 ? whole.replace(/^\uFEFF/, '') : whole;
    if (line.trim() === '') continue;
    if (read === undefined) {
      const isJson = line.trimStart().startsWith('{');
      read = isJson ? jsonOf : rowReader(line);
      if (!isJson) continue;
    }
    try {
      yield tickIn(read(line));
    } catch (error) {
      if (!(error instanceof BadTick)) throw error;
      onBad({ line: number, reason: error.message });
    }
  }
}

class BadTick extends Error {}

function tickIn(value: unknown): TickInput {
  const tick = TickInput.safeParse(withTime(value));
  if (tick.success) return tick.data;
  const [issue] = tick.error.issues;
  const field = issue?.path.map(String).join('.') ?? '';
  throw new BadTick(field === '' ? (issue?.message ?? 'is no tick') : `${field}: ${issue?.message}`);
}

/** Times may be epoch seconds or milliseconds, or texts that a Date can be made of; a tick has ISO-8601. */
function withTime(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('timestamp' in value)) return value;
  const { timestamp } = value;
  const number = typeof timestamp === 'number' ? timestamp : Number(timestamp === '' ? Number.NaN : timestamp);
  // Seconds reach 11 digits only in the year 5138.
  const millis = Number.isNaN(number) ? Date.parse(String(timestamp)) : number < 1e11 ? number * 1_000 : number;
  if (Number.isNaN(millis) || Math.abs(millis) > 8.64e15) {
    throw new BadTick(`timestamp: "${String(timestamp).slice(0, 80)}" is no time`);
  }
  return { ...value, timestamp: new Date(millis).toISOString() };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new BadTick('is not JSON');
  }
}

/** Reads a line of values into an object, as the line of names says. */
function rowReader(header: string): (line: string) => unknown {
  const separator = [',', ';', '\t'].find((each) => header.includes(each)) ?? ',';
  const names = (cellsOf(header, separator) ?? []).map((cell) => cell.trim().toLowerCase());
  const columns = Object.entries(COLUMNS).map(([field, known]) => ({
    field,
    at: names.findIndex((name) => known.includes(name)),
  }));
  for (const field of ['symbol', 'price']) {
    if (columns.some((column) => column.field === field && column.at !== -1)) continue;
    throw new UsageError(
      `The first line of the file names no column "${field}". It takes NDJSON, or CSV with a first line such as symbol,price,volume,timestamp.`,
    );
  }
  return (line) => {
    const cells = cellsOf(line, separator);
    if (cells === undefined) throw new BadTick('a quote is not closed');
    if (cells.length !== names.length)
      throw new BadTick(`has ${cells.length} values, and there are ${names.length} columns`);
    const row: Record<string, unknown> = {};
    for (const { field, at } of columns) {
      const cell = cells[at]?.trim() ?? '';
      if (cell !== '') row[field] = TEXTS.includes(field) ? cell : numberIn(cell, field);
    }
    return row;
  };
}

function numberIn(cell: string, field: string): number {
  const number = Number(cell);
  if (Number.isFinite(number)) return number;
  throw new BadTick(`${field}: "${cell.slice(0, 80)}" is no number`);
}

/** The values of a line of CSV (RFC 4180, without line breaks in values); undefined where a quote is not closed. */
function cellsOf(line: string, separator: string): string[] | undefined {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (quoted) {
      if (character !== '"') cell += character;
      else if (line.charAt(index + 1) === '"') {
        cell += '"';
        index += 1;
      } else quoted = false;
    } else if (character === '"' && cell.trim() === '') {
      quoted = true;
      cell = '';
    } else if (character === separator) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  cells.push(cell);
  return quoted ? undefined : cells;
}

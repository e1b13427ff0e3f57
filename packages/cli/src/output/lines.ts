/**
 * What the commands print, one line a thing. Text lines show what other people wrote, made safe for a terminal; JSON lines
 * hold exactly what they wrote, and are safe all the same, because what a terminal would obey is escaped.
 */
import type { ChatMessage, Tick } from '@rtd/protocol';
import { safeName, safeText } from '@rtd/tui/safe-text';
import { Chalk, type ColorSupportLevel } from 'chalk';

/** Control, bidi and separator characters that JSON allows inside a string as they are. */
const OBEYED = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** `value` as JSON on one line, without a line break at its end. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    OBEYED,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** `12:03:04 alice: Hello`, in this machine's time; with the date where the day matters. */
export function chatLine(message: ChatMessage, options: { level: ColorSupportLevel; date?: boolean }): string {
  const colour = new Chalk({ level: options.level });
  const time = localTime(message.timestamp);
  const at = options.date === true ? `${localDate(message.timestamp)} ${time}` : time;
  const to = message.recipientId === undefined ? '' : colour.dim(` > ${safeName(message.recipientId)}`);
  return `${colour.dim(at)} ${colour.cyan(safeName(message.senderName))}${to}: ${safeText(message.content)}`;
}

/** `12:03:04 BTC       64,250.10   +0.31%` */
export function priceLine(tick: Tick, options: { level: ColorSupportLevel }): string {
  const colour = new Chalk({ level: options.level });
  const sign = tick.changePercent < 0 ? '' : '+';
  const change = `${sign}${tick.changePercent.toFixed(2)}%`.padStart(8);
  const moved = tick.changePercent < 0 ? colour.red(change) : colour.green(change);
  const symbol = safeName(tick.symbol).padEnd(8);
  return `${colour.dim(localTime(tick.timestamp))} ${symbol} ${price(tick.price).padStart(13)} ${moved}`;
}

/** With a comma every three digits, and as many decimals as a price of that size is quoted in. */
export function price(value: number): string {
  const decimals = value >= 10 ? 2 : value >= 0.1 ? 4 : 8;
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function localTime(timestamp: string): string {
  const date = new Date(timestamp);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

function localDate(timestamp: string): string {
  const date = new Date(timestamp);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

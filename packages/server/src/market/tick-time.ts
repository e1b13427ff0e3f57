/**
 * The time of a tick in epoch milliseconds. A rebuild asks this a million times, for timestamps that mostly share their
 * minute, so the last minute is kept and only seconds and milliseconds are read.
 */

const MINUTE = 'YYYY-MM-DDTHH:mm:'.length;
const TIMESTAMP = 'YYYY-MM-DDTHH:mm:ss.sssZ'.length;

let minute = '';
let minuteMillis = 0;

/** @param timestamp as the `Timestamp` schema has it: ISO-8601, UTC, three digits of milliseconds. */
export function millisOf(timestamp: string): number {
  if (timestamp.length !== TIMESTAMP) return Date.parse(timestamp);
  if (minute === '' || !timestamp.startsWith(minute)) {
    minute = timestamp.slice(0, MINUTE);
    minuteMillis = Date.parse(`${minute}00.000Z`);
  }
  const digit = (index: number): number => timestamp.charCodeAt(index) - 48;
  const seconds = digit(17) * 10 + digit(18);
  return minuteMillis + seconds * 1_000 + digit(20) * 100 + digit(21) * 10 + digit(22);
}

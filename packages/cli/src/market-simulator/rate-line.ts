/** What a running simulation says of itself: `20,000 ticks/s, 8 symbols, 60,012 ticks in all, 3 ms a request`. */

export interface RateLine {
  accepted(ticks: number, requestMillis: number): void;
  /** The line since the last one, at `now` (milliseconds of any clock). */
  line(now: number): string;
  /** The line for all of it. */
  total(now: number): string;
}

/** `symbols`: undefined where nobody knows how many there are. */
export function createRateLine(symbols: number | undefined, start: number): RateLine {
  let all = 0;
  let since = { at: start, ticks: 0, requests: 0, millis: 0 };
  const written = (value: number): string => Math.round(value).toLocaleString('en-US');
  const counted = (value: number, one: string): string => `${written(value)} ${one}${value === 1 ? '' : 's'}`;
  const rate = (ticks: number, millis: number): string =>
    `${written(millis > 0 ? (ticks * 1_000) / millis : 0)} ticks/s`;
  return {
    accepted: (ticks, requestMillis) => {
      all += ticks;
      since.ticks += ticks;
      since.requests += 1;
      since.millis += requestMillis;
    },
    line: (now) => {
      const { at, ticks, requests, millis } = since;
      since = { at: now, ticks: 0, requests: 0, millis: 0 };
      const request = requests === 0 ? 'no request done' : `${(millis / requests).toFixed(1)} ms a request`;
      const of = symbols === undefined ? '' : `, ${counted(symbols, 'symbol')}`;
      return `${rate(ticks, now - at)}${of}, ${counted(all, 'tick')} in all, ${request}`;
    },
    total: (now) =>
      `${counted(all, 'tick')} in ${((now - start) / 1_000).toFixed(1)} s, that is ${rate(all, now - start)}`,
  };
}

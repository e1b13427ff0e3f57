/** What a running simulation says of itself: `20,000 ticks/s, 8 symbols, 60,012 ticks in all, 3 ms a request`; and for programs. */

/** How it goes, since the last one. */
export interface Rate {
  readonly kind: 'rate';
  /** ISO 8601. */
  readonly at: string;
  readonly ticksPerSecond: number;
  /** Since the start. */
  readonly ticks: number;
  /** Null where no request was done meanwhile. */
  readonly millisPerRequest: number | null;
}

/** What it came to. */
export interface Total {
  readonly kind: 'total';
  readonly at: string;
  readonly ticks: number;
  readonly seconds: number;
  readonly ticksPerSecond: number;
}

export interface RateMeter {
  accepted(ticks: number, requestMillis: number): void;
  /** Since the last call, at `now` (epoch milliseconds). */
  rate(now: number): Rate;
  total(now: number): Total;
}

export function createRateMeter(start: number): RateMeter {
  let all = 0;
  let since = { at: start, ticks: 0, requests: 0, millis: 0 };
  const perSecond = (ticks: number, millis: number): number => (millis > 0 ? round((ticks * 1_000) / millis) : 0);
  return {
    accepted: (ticks, requestMillis) => {
      all += ticks;
      since.ticks += ticks;
      since.requests += 1;
      since.millis += requestMillis;
    },
    rate: (now) => {
      const { at, ticks, requests, millis } = since;
      since = { at: now, ticks: 0, requests: 0, millis: 0 };
      return {
        kind: 'rate',
        at: new Date(now).toISOString(),
        ticksPerSecond: perSecond(ticks, now - at),
        ticks: all,
        millisPerRequest: requests === 0 ? null : round(millis / requests),
      };
    },
    total: (now) => ({
      kind: 'total',
      at: new Date(now).toISOString(),
      ticks: all,
      seconds: round((now - start) / 1_000),
      ticksPerSecond: perSecond(all, now - start),
    }),
  };
}

/** `symbols`: undefined where nobody knows how many there are. */
export function rateLine({ ticksPerSecond, ticks, millisPerRequest }: Rate, symbols: number | undefined): string {
  const request = millisPerRequest === null ? 'no request done' : `${millisPerRequest.toFixed(1)} ms a request`;
  const of = symbols === undefined ? '' : `, ${counted(symbols, 'symbol')}`;
  return `${written(ticksPerSecond)} ticks/s${of}, ${counted(ticks, 'tick')} in all, ${request}`;
}

export function totalLine({ ticks, seconds, ticksPerSecond }: Total): string {
  return `${counted(ticks, 'tick')} in ${seconds.toFixed(1)} s, that is ${written(ticksPerSecond)} ticks/s`;
}

function counted(value: number, one: string): string {
  return `${written(value)} ${one}${value === 1 ? '' : 's'}`;
}

function written(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

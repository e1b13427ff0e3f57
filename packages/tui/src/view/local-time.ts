/** Times as a clock on the wall shows them, in the zone of the machine or one that is given. */

export interface LocalTime {
  /** `09:05` */
  clock(millis: number): string;
  /** `09:05:30` */
  exact(millis: number): string;
  /** `09:05:30.250` */
  millis(millis: number): string;
  /** `Saturday, 21 November 2026` */
  day(millis: number): string;
  /** The same number for all moments of a day. */
  dayKey(millis: number): string;
}

/** @throws RangeError for a time zone that nobody knows. */
export function createLocalTime(timeZone?: string | undefined): LocalTime {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  const exact = new Intl.DateTimeFormat('en-GB', { timeZone, ...parts });
  const withMillis = new Intl.DateTimeFormat('en-GB', { timeZone, ...parts, fractionalSecondDigits: 3 });
  const day = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  const key = new Intl.DateTimeFormat('en-CA', { timeZone });
  return {
    clock: (millis) => clock.format(millis),
    exact: (millis) => exact.format(millis),
    millis: (millis) => withMillis.format(millis),
    day: (millis) => day.format(millis),
    dayKey: (millis) => key.format(millis),
  };
}

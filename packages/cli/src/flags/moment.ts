/** Moments as people type them: `2026-03-02T09:00`, `2026-03-02`, `09:30` (today), `2h` (ago). */
import { UsageError } from '../failure.ts';
import { millisIn } from './duration.ts';

const DATE = /^\d{4}-\d\d-\d\d$/;
const CLOCK = /^\d\d:\d\d(:\d\d)?$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/;
const AGO = /^\d+(\.\d+)?(s|m|h|d)$/;

/** In epoch milliseconds; without a zone it is this machine's. `now` is epoch milliseconds. @throws UsageError */
export function momentIn(text: string, flag: string, now: number): number {
  const typed = text.trim();
  const ago = AGO.test(typed) ? millisIn(typed) : undefined;
  if (ago !== undefined) return now - ago;
  const at = Date.parse(dated(typed, now));
  if (!Number.isNaN(at)) return at;
  throw new UsageError(
    `--${flag} takes a moment, such as 2026-03-02T09:00, 2026-03-02, 09:30 (today) or 2h (ago), not "${text.slice(0, 80)}".`,
  );
}

/** As `Date.parse` takes it in this machine's zone; a date alone would be one in UTC. */
function dated(typed: string, now: number): string {
  if (DATE.test(typed)) return `${typed}T00:00`;
  if (DATE_TIME.test(typed)) return typed.replace(' ', 'T');
  if (!CLOCK.test(typed)) return '';
  const today = new Date(now);
  const month = String(today.getMonth() + 1).padStart(2, '0');
  return `${today.getFullYear()}-${month}-${String(today.getDate()).padStart(2, '0')}T${typed}`;
}

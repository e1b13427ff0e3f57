import type { Clock } from '../../clock.ts';
import type { TickLog } from '../../market/tick-log.ts';
import type { Log } from '../../telemetry/log.ts';

export interface SqliteTickLogOptions {
  /** The database file; its folder must exist. It belongs to this log alone. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ticks older than this are removed; default 24 h. */
  readonly maxAgeMillis?: number | undefined;
  /** More ticks than this are removed, oldest first; default 1,000,000. */
  readonly maxTicks?: number | undefined;
}

/** Opens, and makes where there is none. @throws RtdError UNAVAILABLE that says what to do: not writable, no database, in use by another process. */
export function openSqliteTickLog(_options: SqliteTickLogOptions): Promise<TickLog> {
  return Promise.reject(new Error('not yet'));
}

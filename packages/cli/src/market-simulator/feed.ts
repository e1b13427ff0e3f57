/**
 * Brings a market, simulated or out of a file, to a server, batch by batch, one request at a time so that ticks stay in order. When the
 * server is away the market stands still, and goes on where it was when the server is back.
 */
import type { HttpApi } from '@rtd/client';
import { RtdError, type TickInput } from '@rtd/protocol';
import { pause } from '../interruption.ts';

/** Batches leave this far apart: often enough to look live, rarely enough to cost nothing. */
export const BATCH_MILLIS = 50;
/** The most ticks in one request. */
export const BATCH_TICKS = 1_000;
/** Further behind than this, the market waits for the server instead of sending ever older ticks. */
export const LAG_MILLIS = 1_000;
const LONGEST_WAIT_MILLIS = 30_000;

/** Where ticks come from. */
export interface TickSource {
  /** The ticks that are due at `now` (epoch milliseconds) and were not taken yet, oldest first, at most `limit`. */
  take(now: number, limit: number): readonly TickInput[];
  /** Epoch milliseconds of the next tick; Infinity when there is none any more. */
  nextAt(): number;
  /** Stands still: all that is still to come, comes `millis` later. */
  delay(millis: number): void;
}

export interface FeedOptions {
  readonly api: Pick<HttpApi, 'postTicks'>;
  readonly market: TickSource;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Ends the feed, between two requests or within one. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds; no tick of a later time is sent. Undefined: it goes on until `signal`. */
  readonly until?: number | undefined;
  /** A batch is in the server's log. */
  readonly onAccepted?: ((ticks: readonly TickInput[], requestMillis: number) => void) | undefined;
  /** The server cannot take ticks now; the next try is in `waitMillis`. Throwing ends the feed. */
  readonly onAway?: ((error: RtdError, waitMillis: number) => void) | undefined;
  readonly onBack?: (() => void) | undefined;
}

/** Resolves when it is over. @throws RtdError when the server refuses for good, or until the end, and what `onAway` throws. */
export async function feedMarket(options: FeedOptions): Promise<void> {
  const { market, now, signal, until = Number.MAX_SAFE_INTEGER } = options;
  let lastBatch = Number.NEGATIVE_INFINITY;
  while (!signal.aborted && market.nextAt() <= until) {
    await pause(Math.max(market.nextAt(), lastBatch + BATCH_MILLIS) - now(), signal);
    if (signal.aborted) return;
    const started = now();
    const ticks = market.take(Math.min(started, until), BATCH_TICKS);
    if (ticks.length === 0) continue;
    const awayMillis = await deliver(ticks, options);
    if (signal.aborted) return;
    const lag = now() - market.nextAt();
    if (awayMillis > 0 || lag > LAG_MILLIS) market.delay(Math.max(0, lag));
    // A full batch means that more is due already: no pause before the next.
    if (ticks.length < BATCH_TICKS) lastBatch = started;
  }
}

/** Sends a batch until it is taken; how long the server was away for it, in milliseconds. */
async function deliver(ticks: readonly TickInput[], options: FeedOptions): Promise<number> {
  const { api, now, signal, until = Number.MAX_SAFE_INTEGER, onAccepted, onAway, onBack } = options;
  const started = now();
  let away = false;
  for (let wait = 1_000; ; wait = Math.min(wait * 2, LONGEST_WAIT_MILLIS)) {
    const asked = now();
    try {
      await api.postTicks(ticks, signal);
      if (away) onBack?.();
      onAccepted?.(ticks, now() - asked);
      return away ? asked - started : 0;
    } catch (error) {
      if (signal.aborted) return 0;
      if (!(error instanceof RtdError) || !error.retryable) throw error;
      away = true;
      if (now() >= until) throw error;
      const waitMillis = Math.min(Math.max(wait, error.retryAfterMillis ?? 0), until - now());
      onAway?.(error, waitMillis);
      await pause(waitMillis, signal);
      if (signal.aborted) return 0;
    }
  }
}

/**
 * A token bucket a user. A user whose bucket has filled up again is forgotten, so memory is bounded by how many users
 * were active within the few seconds that filling takes.
 */
import { RtdError, type UserId } from '@rtd/protocol';
import type { Clock } from '../clock.ts';

export interface RateLimit {
  /**
   * Takes `count` at once, or refuses all. More than the burst may be taken from a full bucket, which then is in debt.
   * @throws RtdError RATE_LIMITED with the milliseconds after which it would have gone through
   */
  take(userId: UserId, count: number): void;
  /** As `take` of one, but says whether it went through. */
  tryTake(userId: UserId): boolean;
  /** Users that are remembered right now. */
  readonly size: number;
}

interface Bucket {
  tokens: number;
  /** Monotonic milliseconds at which `tokens` was true. */
  at: number;
}

/** `perSecond` of Infinity is no limit. */
export function createRateLimit(clock: Clock, perSecond: number, burst: number): RateLimit {
  /** In the order of last use: the first ones have had the longest time to fill. */
  const buckets = new Map<UserId, Bucket>();
  const unlimited = perSecond === Number.POSITIVE_INFINITY || burst === Number.POSITIVE_INFINITY;

  const filled = (bucket: Bucket, now: number) =>
    Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1_000);

  function forgetFull(now: number): void {
    for (const [userId, bucket] of buckets) {
      if (filled(bucket, now) < burst) return;
      buckets.delete(userId);
    }
  }

  /** 0 where `count` were taken, else the milliseconds after which they could be. */
  function waitFor(userId: UserId, count: number): number {
    if (unlimited || count === 0) return 0;
    const now = clock.monotonic();
    const old = buckets.get(userId);
    const tokens = old === undefined ? burst : filled(old, now);
    const needed = Math.min(count, burst);
    if (tokens < needed) return Math.ceil(((needed - tokens) * 1_000) / perSecond);
    buckets.delete(userId);
    forgetFull(now);
    buckets.set(userId, { tokens: tokens - count, at: now });
    return 0;
  }

  return {
    get size() {
      return buckets.size;
    },
    take(userId, count) {
      const retryAfterMillis = waitFor(userId, count);
      if (retryAfterMillis === 0) return;
      throw new RtdError(
        'RATE_LIMITED',
        `You send faster than ${perSecond} messages a second; wait ${retryAfterMillis} ms and send again.`,
        { retryAfterMillis },
      );
    },
    tryTake: (userId) => waitFor(userId, 1) === 0,
  };
}

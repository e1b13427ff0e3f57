/**
 * Revocation: ends a user's access on all servers, and refuses the tokens that were issued before it.
 *
 * Promises:
 * - Here at once: connections end, tokens with an `iat` of that second or earlier (or without one) are refused from then on,
 *   after a restart too. A token that was issued later lets the user in again: who may not come back must get none.
 * - Elsewhere at once by the feed; where that is away, within two seconds by a store that the servers share.
 * - It resolves only when every server knows or will: kept in a shared store, or kept here and told to the others.
 *   Otherwise it rejects and says what is left to do; repeating it is harmless.
 */
import { RtdError, type UserId } from '@rtd/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { RevocationFeed } from './revocation-feed.ts';
import type { Revocation, RevocationMark, RevocationStore } from './revocation-store.ts';
import { createRevokedUsers, MAX_REVOKED_USERS } from './revoked-users.ts';

/** How often a shared store is asked what other servers have kept. */
export const SWEEP_MILLIS = 500;

export interface RevocationsOptions {
  /** Closed by who opened it. */
  readonly store: RevocationStore;
  /** Left out where there is no way to tell other servers but the store. */
  readonly feed?: RevocationFeed | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Revocations {
  /** @throws RtdError STORE_UNAVAILABLE or UNAVAILABLE: some server may not know; the user is gone from this one */
  revoke(userId: UserId): Promise<void>;
  /** Whether a token of that user counts no more. `issuedAt`: its `iat` in epoch milliseconds. */
  isRevoked(userId: UserId, issuedAt: number | undefined): boolean;
  /** Calls `ended` for each user whose access ends, wherever that was decided. It must not throw. */
  onRevoked(ended: (userId: UserId) => void): void;
  close(): Promise<void>;
}

/** Knows all that was revoked before. @throws RtdError STORE_UNAVAILABLE */
export async function openRevocations({ store, feed, clock, log }: RevocationsOptions): Promise<Revocations> {
  const revoked = createRevokedUsers();
  const listeners = new Set<(userId: UserId) => void>();
  let mark: RevocationMark | undefined;
  let sweeping: Promise<void> | undefined;
  let closed = false;

  function end(userId: UserId): void {
    log.info({ userId }, 'access revoked');
    for (const ended of listeners) ended(userId);
  }

  /** False where it was known already. */
  function hear(revocation: Revocation): boolean {
    if (!revoked.add(revocation)) return false;
    end(revocation.userId);
    return true;
  }

  async function sweep(): Promise<void> {
    const found = await store.since(mark, MAX_REVOKED_USERS);
    mark = found.mark;
    if (!closed) for (const revocation of found.revocations) hear(revocation);
  }

  /** What another server says is kept here too where the store is one's own. */
  function heardFromOthers(revocation: Revocation): void {
    if (!hear(revocation) || store.shared) return;
    store.keep(revocation).catch((error: unknown) => {
      log.error({ err: error, userId: revocation.userId }, 'a revocation is not kept: it holds until a restart');
    });
  }

  const known = await store.since(undefined, MAX_REVOKED_USERS);
  mark = known.mark;
  for (const revocation of known.revocations) revoked.add(revocation);
  const stopListening = await feed?.listen(heardFromOthers);
  const timer = store.shared
    ? clock.every(SWEEP_MILLIS, () => {
        sweeping ??= sweep()
          .catch((error: unknown) => log.debug({ err: error }, 'revocations could not be read; the next sweep will'))
          .finally(() => {
            sweeping = undefined;
          });
      })
    : undefined;

  return {
    async revoke(userId) {
      const revocation: Revocation = { userId, at: clock.now() };
      revoked.add(revocation);
      end(userId);
      const [kept, told] = await Promise.allSettled([store.keep(revocation), feed?.announce(revocation)]);
      if (kept.status === 'rejected') throw notKept(kept.reason);
      if (told.status === 'rejected') {
        if (!store.shared) throw notTold(told.reason);
        log.warn({ userId }, 'the other servers could not be told of a revocation: they find it in the store');
      }
    },
    isRevoked: (userId, issuedAt) => revoked.has(userId, issuedAt),
    onRevoked: (ended) => void listeners.add(ended),
    async close() {
      closed = true;
      timer?.cancel();
      stopListening?.();
      listeners.clear();
      await sweeping;
    },
  };
}

function notKept(cause: unknown): RtdError {
  return new RtdError(
    'STORE_UNAVAILABLE',
    'The user was disconnected from the servers that could be reached, but the revocation could not be stored. Try again.',
    { cause },
  );
}

function notTold(cause: unknown): RtdError {
  return new RtdError(
    'UNAVAILABLE',
    'The user was disconnected from this server, but the others could not be told. Try again.',
    { cause },
  );
}

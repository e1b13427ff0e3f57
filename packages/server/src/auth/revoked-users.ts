/**
 * Whose tokens count no more, and up to which moment they were issued. Holds a bounded number of users: past it the
 * oldest revocation is forgotten, and in its place no token of anybody counts that is as old as that.
 */
import type { UserId } from '@rtd/protocol';
import type { Revocation } from './revocation-store.ts';

export const MAX_REVOKED_USERS = 100_000;

export interface RevokedUsers {
  /** False where it was known, or a later one is. */
  add(revocation: Revocation): boolean;
  /** `issuedAt` in epoch milliseconds, to the second as tokens say it; a token without it could be of any time. */
  has(userId: UserId, issuedAt: number | undefined): boolean;
}

export function createRevokedUsers(limit = MAX_REVOKED_USERS): RevokedUsers {
  /** In the order in which they came in, which is near enough that of their time. */
  const moments = new Map<UserId, number>();
  let floor = Number.NEGATIVE_INFINITY;

  return {
    add({ userId, at }) {
      if (at <= (moments.get(userId) ?? floor)) return false;
      moments.delete(userId);
      moments.set(userId, at);
      for (const [oldest, moment] of moments) {
        if (moments.size <= limit) break;
        moments.delete(oldest);
        floor = Math.max(floor, moment);
      }
      return true;
    },
    has(userId, issuedAt) {
      const upTo = Math.max(moments.get(userId) ?? floor, floor);
      if (upTo === Number.NEGATIVE_INFINITY) return false;
      // Tokens say whole seconds: one of the very second of the revocation may be from before it.
      return issuedAt === undefined || issuedAt <= upTo;
    },
  };
}

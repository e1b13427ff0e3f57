import { UserId } from '@rtd/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRevokedUsers } from './revoked-users.ts';

const ann = UserId.parse('ann');
const bob = UserId.parse('bob');
const NOON = Date.UTC(2026, 0, 31, 12);

test('tokens up to the second of the revocation count no more, later ones do', () => {
  const revoked = createRevokedUsers();
  expect(revoked.has(ann, NOON)).toBe(false);
  expect(revoked.has(ann, undefined)).toBe(false);
  expect(revoked.add({ userId: ann, at: NOON + 400 })).toBe(true);
  expect([NOON - 86_400_000, NOON, NOON + 1_000].map((at) => revoked.has(ann, at))).toEqual([true, true, false]);
  expect(revoked.has(ann, undefined)).toBe(true);
  expect(revoked.has(bob, NOON)).toBe(false);
});

test('the latest counts; what is known is no news', () => {
  const revoked = createRevokedUsers();
  expect(revoked.add({ userId: ann, at: NOON })).toBe(true);
  expect(revoked.add({ userId: ann, at: NOON })).toBe(false);
  expect(revoked.add({ userId: ann, at: NOON - 1 })).toBe(false);
  expect(revoked.has(ann, NOON)).toBe(true);
  expect(revoked.add({ userId: ann, at: NOON + 5_000 })).toBe(true);
  expect(revoked.has(ann, NOON + 5_000)).toBe(true);
});

test('whatever is forgotten for lack of room, no revoked token ever counts again', () => {
  const revocations = fc.array(fc.record({ user: fc.nat(9), at: fc.integer({ min: 1, max: 1_000 }) }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(revocations, fc.integer({ min: 1, max: 5 }), (all, limit) => {
      const revoked = createRevokedUsers(limit);
      const latest = new Map<UserId, number>();
      for (const { user, at } of all) {
        const userId = UserId.parse(`user-${user}`);
        revoked.add({ userId, at });
        latest.set(userId, Math.max(at, latest.get(userId) ?? 0));
        for (const [known, upTo] of latest) expect(revoked.has(known, upTo)).toBe(true);
      }
      // And who was never named is let in with a token that is newer than all of them.
      expect(revoked.has(ann, 1_001)).toBe(false);
    }),
  );
});

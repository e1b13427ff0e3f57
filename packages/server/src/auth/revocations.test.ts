import { RtdError, UserId } from '@rtd/protocol';
import { expect, test, vi } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { silentLog } from '../telemetry/log.ts';
import type { RevocationFeed } from './revocation-feed.ts';
import type { Revocation, RevocationStore } from './revocation-store.ts';
import { openRevocations } from './revocations.ts';

const ann = UserId.parse('ann');
const bob = UserId.parse('bob');

/** A store in memory that can be away, and a feed that leads nowhere and can be away. */
function backends(shared: boolean) {
  const kept: Revocation[] = [];
  const told: Revocation[] = [];
  const heard = new Set<(revocation: Revocation) => void>();
  const away = { store: false, feed: false };
  const store: RevocationStore = {
    shared,
    async keep(revocation) {
      if (away.store) throw new RtdError('STORE_UNAVAILABLE', 'away');
      kept.push(revocation);
    },
    async since(mark) {
      if (away.store) throw new RtdError('STORE_UNAVAILABLE', 'away');
      return { mark: String(kept.length), revocations: kept.slice(Number(mark ?? 0)) };
    },
    close: () => Promise.resolve(),
  };
  const feed: RevocationFeed = {
    async announce(revocation) {
      if (away.feed) throw new RtdError('UNAVAILABLE', 'away');
      told.push(revocation);
    },
    async listen(listener) {
      heard.add(listener);
      return () => void heard.delete(listener);
    },
  };
  return { store, feed, kept, told, heard, away };
}

async function opened(shared: boolean) {
  const clock = new ManualClock();
  const all = backends(shared);
  const revocations = await openRevocations({ ...all, clock, log: silentLog() });
  const ended: UserId[] = [];
  revocations.onRevoked((userId) => ended.push(userId));
  return { ...all, clock, revocations, ended };
}

test('ends access here at once, keeps it, and tells the others', async () => {
  const { revocations, ended, kept, told, clock } = await opened(false);
  const done = revocations.revoke(ann);
  expect([ended, revocations.isRevoked(ann, clock.now()), revocations.isRevoked(bob, clock.now())]).toEqual([
    [ann],
    true,
    false,
  ]);
  await done;
  expect([kept, told]).toEqual([[{ userId: ann, at: clock.now() }], [{ userId: ann, at: clock.now() }]]);
});

test('a second revocation ends what was let in since, even where the clock went back', async () => {
  const { revocations, ended } = await opened(false);
  await revocations.revoke(ann);
  await revocations.revoke(ann);
  expect(ended).toEqual([ann, ann]);
});

test('what others announce ends access once, and is kept where the store is one’s own', async () => {
  const { heard, ended, kept } = await opened(false);
  for (const listener of heard) {
    listener({ userId: bob, at: 7 });
    listener({ userId: bob, at: 7 });
  }
  expect(ended).toEqual([bob]);
  expect(kept).toEqual([{ userId: bob, at: 7 }]);
});

test('a shared store is looked into twice a second, and while it is away again and again', async () => {
  const { clock, kept, ended, away, revocations } = await opened(true);
  kept.push({ userId: ann, at: 5 });
  clock.pass(500);
  await vi.waitFor(() => expect(ended).toEqual([ann]));
  away.store = true;
  kept.push({ userId: bob, at: 6 });
  for (let n = 0; n < 3; n += 1) {
    clock.pass(500);
    await new Promise(setImmediate);
  }
  away.store = false;
  clock.pass(500);
  await vi.waitFor(() => expect(ended).toEqual([ann, bob]));
  expect(revocations.isRevoked(bob, 6)).toBe(true);
  await revocations.close();
  expect(clock.timers).toBe(0);
});

test.each([
  { shared: true, away: { store: false, feed: true }, code: undefined },
  { shared: false, away: { store: false, feed: true }, code: 'UNAVAILABLE' },
  { shared: true, away: { store: true, feed: false }, code: 'STORE_UNAVAILABLE' },
  { shared: false, away: { store: true, feed: false }, code: 'STORE_UNAVAILABLE' },
  { shared: true, away: { store: true, feed: true }, code: 'STORE_UNAVAILABLE' },
])('%o: access ends here, and who revokes is told what is true', async ({ shared, away, code }) => {
  const { revocations, ended, told, away: now } = await opened(shared);
  Object.assign(now, away);
  const outcome = await revocations.revoke(ann).catch((error: unknown) => error);
  expect(outcome instanceof RtdError ? outcome.code : outcome).toBe(code);
  expect([ended, revocations.isRevoked(ann, 0)]).toEqual([[ann], true]);
  // A store that is away keeps nobody from being told.
  expect(told).toHaveLength(away.feed ? 0 : 1);
});

test('what was revoked before counts from the start, and ends nothing', async () => {
  const all = backends(false);
  all.kept.push({ userId: ann, at: 5 });
  const revocations = await openRevocations({ ...all, clock: new ManualClock(), log: silentLog() });
  expect([revocations.isRevoked(ann, 5), revocations.isRevoked(ann, 6)]).toEqual([true, false]);
});

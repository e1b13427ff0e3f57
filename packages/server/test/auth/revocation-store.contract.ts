/** What every store of revocations promises. */
import { UserId } from '@rtd/protocol';
import { expect, it } from 'vitest';
import type { RevocationStore } from '../../src/auth/revocation-store.ts';
import type { Cleanup } from '../chat/chat-fixture.ts';
import { createCleanup } from '../chat/chat-fixture.ts';

const ann = UserId.parse('ann');
const bob = UserId.parse('Ann');

/** `openPlace` makes a place, and gives what opens a store on it, again and again. */
export function revocationStoreContract(
  openPlace: (cleanup: Cleanup) => Promise<() => Promise<RevocationStore>>,
): void {
  async function withPlace(test: (open: () => Promise<RevocationStore>) => Promise<void>): Promise<void> {
    const cleanup = createCleanup();
    const open = await openPlace(cleanup);
    try {
      await test(async () => {
        const store = await open();
        cleanup.add(() => store.close());
        return store;
      });
    } finally {
      await cleanup.run();
    }
  }

  it('keeps the latest of each user, the oldest first, for who opens it later', () =>
    withPlace(async (open) => {
      const store = await open();
      for (const [userId, at] of [
        [ann, 3_000],
        [bob, 2_000],
        [ann, 1_000],
      ] as const) {
        await store.keep({ userId, at });
      }
      await store.close();
      const { revocations } = await (await open()).since(undefined, 10);
      expect(revocations).toEqual([
        { userId: bob, at: 2_000 },
        { userId: ann, at: 3_000 },
      ]);
    }));

  it('gives the newest where there are too many', () =>
    withPlace(async (open) => {
      const store = await open();
      for (let n = 1; n <= 5; n += 1) await store.keep({ userId: UserId.parse(`u${n}`), at: n });
      const { revocations } = await store.since(undefined, 2);
      expect(revocations.map(({ userId }) => userId)).toEqual(['u4', 'u5']);
    }));

  it('refuses once it is closed, and may be closed again', () =>
    withPlace(async (open) => {
      const store = await open();
      await store.close();
      await store.close();
      await expect(store.keep({ userId: ann, at: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await expect(store.since(undefined, 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }));
}

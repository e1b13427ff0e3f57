/** What every adapter of the presence directory is held to, with two servers that share one backend. */
import { type PresenceStatus, ServerId, UserId } from '@rtd/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  LOOK_MILLIS,
  MAX_LEASE_MILLIS,
  type PresenceDirectory,
  type PresenceRecord,
} from '../../src/presence/presence-directory.ts';

export interface PresenceBackend {
  /** The directory as this server sees it. */
  join(serverId: ServerId): Promise<PresenceDirectory>;
  now(): number;
  /** Lets time go on: at once, or really. */
  pass(millis: number): Promise<void>;
  close(): Promise<void>;
}

export function describePresenceDirectory(name: string, openBackend: () => Promise<PresenceBackend>): void {
  describe(`${name}: presence directory`, () => {
    const ann = UserId.parse('ann');
    const bob = UserId.parse('bob');
    const btc = { type: 'symbol', id: 'BTC' };
    let backend: PresenceBackend;
    let one: PresenceDirectory;
    let two: PresenceDirectory;
    let seen: [string, PresenceStatus][];

    beforeEach(async () => {
      backend = await openBackend();
      one = await backend.join(ServerId.parse('one'));
      two = await backend.join(ServerId.parse('two'));
      seen = [];
      two.watch(({ userId, status }) => seen.push([userId, status]));
    });
    afterEach(async () => {
      await one.close();
      await two.close();
      await backend.close();
    });

    const put = (on: PresenceDirectory, userId: UserId, status: PresenceStatus, userName: string = userId): void =>
      on.put({ userId, userName, status, lastSeen: backend.now() });
    const statusOf = async (userId: UserId): Promise<PresenceRecord | undefined> =>
      (await two.list()).find((record) => record.userId === userId);

    it('tells every server of a change, once', async () => {
      put(one, ann, 'ONLINE');
      await vi.waitFor(() => expect(seen).toEqual([['ann', 'ONLINE']]));
      put(one, ann, 'AWAY');
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(['ann', 'AWAY']));
      put(one, ann, 'OFFLINE');
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(['ann', 'OFFLINE']));
      expect(seen).toHaveLength(3);
    });

    it('says nothing of a put that changes nothing', async () => {
      put(one, ann, 'ONLINE');
      put(one, ann, 'ONLINE');
      put(one, bob, 'ONLINE');
      await vi.waitFor(() => expect(seen.map(([user]) => user)).toContain('bob'));
      expect(seen.filter(([user]) => user === 'ann')).toHaveLength(1);
    });

    it('gives a user the best status of all servers', async () => {
      put(one, ann, 'ONLINE');
      await vi.waitFor(async () => expect(await statusOf(ann)).toMatchObject({ status: 'ONLINE' }));
      put(two, ann, 'AWAY');
      expect(await statusOf(ann)).toMatchObject({ status: 'ONLINE' });
      put(one, ann, 'OFFLINE');
      await vi.waitFor(async () => expect(await statusOf(ann)).toMatchObject({ status: 'AWAY' }));
      put(two, ann, 'OFFLINE');
      await vi.waitFor(async () => expect(await statusOf(ann)).toMatchObject({ status: 'OFFLINE' }));
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(['ann', 'OFFLINE']));
      expect(seen).toEqual([
        ['ann', 'ONLINE'],
        ['ann', 'AWAY'],
        ['ann', 'OFFLINE'],
      ]);
    });

    it('tells of a new name', async () => {
      put(one, ann, 'ONLINE');
      put(one, ann, 'ONLINE', 'Annika');
      await vi.waitFor(async () => expect(await statusOf(ann)).toMatchObject({ userName: 'Annika' }));
    });

    it('remembers who is offline, and when they were seen last', async () => {
      put(one, ann, 'ONLINE');
      const lastSeen = backend.now();
      put(one, ann, 'OFFLINE');
      await vi.waitFor(async () => expect(await statusOf(ann)).toMatchObject({ status: 'OFFLINE' }));
      const record = await statusOf(ann);
      expect(Math.abs((record?.lastSeen ?? 0) - lastSeen)).toBeLessThan(1_000);
    });

    it('ends what a server said within 15 s of its end, and not at once', async () => {
      put(one, ann, 'ONLINE');
      one.lookAt(btc, ann);
      await vi.waitFor(() => expect(seen).toHaveLength(1));
      await one.close();
      await backend.pass(1_000);
      expect(await statusOf(ann)).toMatchObject({ status: 'ONLINE' });
      await backend.pass(MAX_LEASE_MILLIS - 1_000);
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(['ann', 'OFFLINE']));
      const looking: (readonly UserId[])[] = [];
      two.watchResource(btc, (users) => looking.push(users));
      await vi.waitFor(() => expect(looking.at(-1)).toEqual([]));
    });

    it('sees nobody leave who connects elsewhere before the lease of their server is over', async () => {
      put(one, ann, 'ONLINE');
      await vi.waitFor(() => expect(seen).toHaveLength(1));
      await one.close();
      await backend.pass(1_000);
      put(two, ann, 'ONLINE');
      await backend.pass(MAX_LEASE_MILLIS);
      expect(await statusOf(ann)).toMatchObject({ status: 'ONLINE' });
      expect(seen).toEqual([['ann', 'ONLINE']]);
    });

    it('tells who looks, at the start and on each change', async () => {
      const looking: (readonly UserId[])[] = [];
      one.lookAt(btc, bob);
      two.watchResource(btc, (users) => looking.push(users));
      await vi.waitFor(() => expect(looking.at(-1)).toEqual(['bob']));
      one.lookAt(btc, ann);
      await vi.waitFor(() => expect(looking.at(-1)).toEqual(['ann', 'bob']));
      one.lookAt(btc, ann);
      one.lookAway(btc, bob);
      await vi.waitFor(() => expect(looking.at(-1)).toEqual(['ann']));
      one.lookAway(btc, ann);
      await vi.waitFor(() => expect(looking.at(-1)).toEqual([]));
      // What was said elsewhere just before the watch began may still be on its way to it.
      expect(looking.filter((users, index) => index > 0 || users.length > 0)).toHaveLength(4);
    });

    it('ends a look after 120 s, unless it is renewed', async () => {
      const looking: (readonly UserId[])[] = [];
      two.watchResource(btc, (users) => looking.push(users));
      one.lookAt(btc, ann);
      one.lookAt(btc, bob);
      await backend.pass(LOOK_MILLIS / 2);
      one.lookAt(btc, ann);
      await backend.pass(LOOK_MILLIS / 2 + 1_000);
      await vi.waitFor(() => expect(looking.at(-1)).toEqual(['ann']));
      await backend.pass(LOOK_MILLIS / 2);
      await vi.waitFor(() => expect(looking.at(-1)).toEqual([]));
    });

    it('calls nobody whose watch is closed', async () => {
      const gone = vi.fn();
      const users = two.watch(gone);
      const looks = two.watchResource(btc, gone);
      await vi.waitFor(() => expect(gone).toHaveBeenCalled());
      users.close();
      looks.close();
      looks.close();
      gone.mockClear();
      put(one, ann, 'ONLINE');
      one.lookAt(btc, ann);
      await vi.waitFor(() => expect(seen).toHaveLength(1));
      expect(gone).not.toHaveBeenCalled();
    });

    it('answers check while it is open, and closes twice without harm', async () => {
      await one.check();
      await one.close();
      await one.close();
    });
  });
}

import { type Presence, type ResourcePresence, ServerId, UserId } from '@rtd/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPresenceHub } from '../../src/adapters/in-process/in-process-presence-directory.ts';
import type { Identity } from '../../src/auth/identity.ts';
import type { Subscriber } from '../../src/fan-out/subscriber.ts';
import { createPresenceRoom } from '../../src/presence/create-presence-room.ts';
import { ManualClock } from '../manual-clock.ts';

function person(name: string): Identity {
  return { userId: UserId.parse(name), userName: name, guest: false, admin: false, expiresAt: undefined };
}

/** A subscriber that keeps what it is sent, as JSON lines would have been read at the other end. */
function collecting<Entry>(into: Entry[]): Subscriber<Entry> {
  const batches: (readonly Entry[])[] = [];
  return {
    groupKey: 'test',
    encode: (entries) => Uint8Array.of(batches.push(entries) - 1),
    outlet: {
      queuedBytes: 0,
      isOpen: true,
      write: (bytes) => into.push(...(batches[bytes[0] ?? -1] ?? [])),
      onceDrained: () => {},
    },
  };
}

describe('presence room', () => {
  let clock: ManualClock;
  let hub: ReturnType<typeof createPresenceHub>;
  let open: { close(): unknown }[];
  const roomOf = (serverId: string) => {
    const directory = hub.join(ServerId.parse(serverId));
    const room = createPresenceRoom({ directory, clock, budgetBytes: 0 });
    open.push(room, directory);
    return room;
  };
  let room: ReturnType<typeof createPresenceRoom>;
  let changes: Presence[];
  const statuses = () => changes.map(({ userId, status }) => `${userId} ${status}`);

  beforeEach(() => {
    clock = new ManualClock();
    hub = createPresenceHub(clock);
    open = [];
    room = roomOf('one');
    changes = [];
    room.subscribe(collecting(changes));
  });
  afterEach(() => {
    for (const each of open) each.close();
    expect(clock.timers).toBe(0);
  });

  it('is ONLINE with the first session and OFFLINE 5 s after the last', async () => {
    const phone = room.begin(person('ann'));
    const laptop = room.begin(person('ann'));
    phone.end();
    clock.pass(60_000);
    const end = clock.now();
    laptop.end();
    clock.pass(4_999);
    await vi.waitFor(() => expect(statuses()).toEqual(['ann ONLINE']));
    expect(room.onlineUsers()).toBe(1);
    clock.pass(1);
    await vi.waitFor(() => expect(statuses()).toEqual(['ann ONLINE', 'ann OFFLINE']));
    expect(changes.at(-1)).toMatchObject({
      lastSeen: new Date(end).toISOString(),
      timestamp: new Date(end + 5_000).toISOString(),
    });
    expect(room.onlineUsers()).toBe(0);
  });

  it('shows no change of who reconnects again and again', async () => {
    for (let round = 0; round < 10; round++) {
      const session = room.begin(person('ann'));
      clock.pass(1_000);
      session.end();
      session.end();
      clock.pass(4_000);
    }
    room.begin(person('bob'));
    await vi.waitFor(() => expect(statuses()).toEqual(['ann ONLINE', 'bob ONLINE']));
  });

  it('counts the grace from the last end', async () => {
    room.begin(person('ann')).end();
    clock.pass(4_000);
    room.begin(person('ann')).end();
    clock.pass(4_999);
    expect(room.onlineUsers()).toBe(1);
    clock.pass(1);
    await vi.waitFor(() => expect(statuses()).toEqual(['ann ONLINE', 'ann OFFLINE']));
  });

  it('has the best status of all sessions', async () => {
    const phone = room.begin(person('ann'));
    clock.pass(1_000);
    await phone.setStatus('AWAY');
    clock.pass(1_000);
    const laptop = room.begin(person('ann'));
    clock.pass(1_000);
    await laptop.setStatus('OFFLINE');
    clock.pass(1_000);
    await phone.setStatus('OFFLINE');
    await vi.waitFor(() =>
      expect(statuses()).toEqual(['ann ONLINE', 'ann AWAY', 'ann ONLINE', 'ann AWAY', 'ann OFFLINE']),
    );
  });

  it('passes on what flips a thousand times a second a few times a second, and how it ended', async () => {
    const session = room.begin(person('ann'));
    const looking: ResourcePresence[] = [];
    room.subscribeResource('symbol', 'BTC', collecting(looking));
    for (let millis = 0; millis < 1_000; millis++) {
      await session.setStatus(millis % 2 === 0 ? 'AWAY' : 'ONLINE');
      await session.lookAt('symbol', millis % 2 === 0 ? 'ETH' : 'BTC');
      clock.pass(1);
      if (millis % 100 === 0) await new Promise(setImmediate);
    }
    await session.setStatus('AWAY');
    clock.pass(250);
    await vi.waitFor(() => expect(statuses().at(-1)).toBe('ann AWAY'));
    expect(changes.length).toBeLessThanOrEqual(6);
    await vi.waitFor(() => expect(looking.at(-1)?.users).toEqual(['ann']));
    expect(looking.length).toBeLessThanOrEqual(6);
    // Back to where it was before others were told: no change at all.
    const told = changes.length;
    clock.pass(1_000);
    await session.setStatus('ONLINE');
    await session.setStatus('AWAY');
    await session.setStatus('ONLINE');
    clock.pass(1_000);
    await vi.waitFor(() => expect(statuses().slice(told)).toEqual(['ann ONLINE']));
  });

  it('is OFFLINE in time, however lately it was something else', async () => {
    const session = room.begin(person('ann'));
    session.end();
    clock.pass(4_900);
    const other = room.begin(person('ann'));
    await other.setStatus('AWAY');
    await other.setStatus('OFFLINE');
    other.end();
    clock.pass(5_000);
    await vi.waitFor(() => expect(statuses().at(-1)).toBe('ann OFFLINE'));
    expect(room.onlineUsers()).toBe(0);
  });

  it('heeds nothing of a session that has ended', async () => {
    const session = room.begin(person('ann'));
    session.end();
    clock.pass(5_000);
    await session.setStatus('ONLINE');
    await session.lookAt('symbol', 'BTC');
    await vi.waitFor(() => expect(statuses()).toEqual(['ann ONLINE', 'ann OFFLINE']));
    const looking: ResourcePresence[] = [];
    room.subscribeResource('symbol', 'BTC', collecting(looking));
    await vi.waitFor(() => expect(looking).toEqual([{ resourceType: 'symbol', resourceId: 'BTC', users: [] }]));
  });

  it('lists who is here and who was', async () => {
    room.begin(person('ann'));
    room.begin(person('bob')).end();
    clock.pass(5_000);
    expect(await room.list()).toEqual([
      expect.objectContaining({ userId: 'ann', status: 'ONLINE' }),
      expect.objectContaining({ userId: 'bob', status: 'OFFLINE' }),
    ]);
  });

  it('sees the users of other servers, and a move between two as no change', async () => {
    const other = roomOf('two');
    const session = other.begin(person('ann'));
    session.end();
    clock.pass(2_000);
    room.begin(person('ann'));
    clock.pass(20_000);
    await vi.waitFor(() => expect(statuses()).toEqual(['ann ONLINE']));
    expect(other.onlineUsers()).toBe(0);
    expect(room.onlineUsers()).toBe(1);
  });

  it('tells who watches 10,000 users of each change alone, and a newcomer of nothing but what changes from then on', async () => {
    const elsewhere = roomOf('two');
    const sessions = Array.from({ length: 10_000 }, (_, n) => (n % 2 ? room : elsewhere).begin(person(`user-${n}`)));
    await vi.waitFor(() => expect(changes).toHaveLength(10_000));
    const watched: Presence[] = [];
    room.subscribe({ ...collecting(watched), groupKey: 'of its own' });
    await new Promise(setImmediate);
    expect(watched).toEqual([]);
    clock.pass(1_000);
    await sessions[4_711]?.setStatus('AWAY');
    await sessions[4_712]?.setStatus('AWAY');
    // Says what is known already.
    await sessions[4_712]?.setStatus('AWAY');
    await vi.waitFor(() =>
      expect(watched.map(({ userId, status }) => [userId, status])).toEqual([
        ['user-4711', 'AWAY'],
        ['user-4712', 'AWAY'],
      ]),
    );
    expect(changes).toHaveLength(10_002);
    expect(await room.list()).toHaveLength(10_000);
  });

  describe('looking at a resource', () => {
    let looking: ResourcePresence[];
    const users = () => looking.map((entry) => entry.users.join());
    const watch = (type = 'symbol', id = 'BTC') => room.subscribeResource(type, id, collecting(looking));
    beforeEach(() => {
      looking = [];
    });

    it('is told at the start and on change, and ends with another look', async () => {
      const ann = room.begin(person('ann'));
      await ann.lookAt('symbol', 'BTC');
      watch();
      await room.begin(person('bob')).lookAt('symbol', 'BTC');
      await vi.waitFor(() => expect(users().at(-1)).toBe('ann,bob'));
      clock.pass(1_000);
      await ann.lookAt('symbol', 'ETH');
      await vi.waitFor(() => expect(users().at(-1)).toBe('bob'));
    });

    it('tells a second subscriber at its start too', async () => {
      watch();
      await room.begin(person('ann')).lookAt('symbol', 'BTC');
      await vi.waitFor(() => expect(users().at(-1)).toBe('ann'));
      looking = [];
      watch();
      await vi.waitFor(() => expect(users()).toEqual(['ann']));
    });

    it('lasts 120 s from the last call', async () => {
      const ann = room.begin(person('ann'));
      watch();
      await ann.lookAt('symbol', 'BTC');
      clock.pass(119_000);
      await ann.lookAt('symbol', 'BTC');
      clock.pass(119_000);
      await vi.waitFor(() => expect(users().at(-1)).toBe('ann'));
      clock.pass(2_000);
      await vi.waitFor(() => expect(users().at(-1)).toBe(''));
    });

    it('outlives a reconnect, and not the grace', async () => {
      const first = room.begin(person('ann'));
      await first.lookAt('symbol', 'BTC');
      watch();
      await vi.waitFor(() => expect(users()).toEqual(['ann']));
      first.end();
      clock.pass(3_000);
      const second = room.begin(person('ann'));
      await second.lookAt('symbol', 'BTC');
      clock.pass(10_000);
      second.end();
      clock.pass(5_000);
      await vi.waitFor(() => expect(users()).toEqual(['ann', '']));
    });

    it('of two sessions goes on while one looks', async () => {
      const phone = room.begin(person('ann'));
      const laptop = room.begin(person('ann'));
      await phone.lookAt('symbol', 'BTC');
      await laptop.lookAt('symbol', 'BTC');
      watch();
      await phone.lookAt('symbol', 'ETH');
      laptop.end();
      clock.pass(4_000);
      await vi.waitFor(() => expect(users()).toEqual(['ann']));
      clock.pass(1_000);
      await vi.waitFor(() => expect(users()).toEqual(['ann', '']));
    });
  });
});

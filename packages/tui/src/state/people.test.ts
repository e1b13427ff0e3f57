import { Presence, type PresenceStatus } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { MOST_PEOPLE, NOBODY, type People, reducePeople } from './people.ts';

function entry(userId: string, status: PresenceStatus = 'ONLINE'): Presence {
  const timestamp = '2026-11-21T12:00:00.000Z';
  return Presence.parse({ userId, userName: userId.toUpperCase(), status, lastSeen: timestamp, timestamp });
}

const told = (people: People, userId: string, status?: PresenceStatus): People =>
  reducePeople(people, { kind: 'presence', presence: entry(userId, status) });

describe('people', () => {
  it('are those who are here', () => {
    const everybody = [entry('ana'), entry('bob', 'OFFLINE'), entry('eve', 'AWAY')];
    const people = reducePeople(NOBODY, { kind: 'everybody', everybody });
    expect([...people.keys()]).toEqual(['ana', 'eve']);
    expect([...told(told(people, 'bob'), 'ana', 'OFFLINE').keys()]).toEqual(['eve', 'bob']);
    expect(told(people, 'eve').get('eve')).toEqual({ userName: 'EVE', status: 'ONLINE' });
  });

  it('stay the same value where nothing changes', () => {
    const people = told(NOBODY, 'ana');
    expect(told(people, 'nobody-known', 'OFFLINE')).toBe(people);
  });

  it('are no more than are held, however many there are', () => {
    const everybody = Array.from({ length: MOST_PEOPLE + 5 }, (_, index) => entry(`u${index}`));
    const full = reducePeople(NOBODY, { kind: 'everybody', everybody });
    expect(full.size).toBe(MOST_PEOPLE);
    expect(told(full, 'one-more').size).toBe(MOST_PEOPLE);
    expect(told(full, 'u7', 'AWAY').get('u7')?.status).toBe('AWAY');
    expect(told(told(full, 'u7', 'OFFLINE'), 'one-more').has('one-more')).toBe(true);
  });
});

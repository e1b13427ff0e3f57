/** Who is here, as far as presence tells. Pure: events in, the next value out. */
import type { PresenceEntry } from '@rtd/client';
import type { Presence, PresenceStatus } from '@rtd/protocol';

export interface Person {
  readonly userName: string;
  readonly status: PresenceStatus;
}

/** User id -> person; nobody who is OFFLINE. */
export type People = ReadonlyMap<string, Person>;

export type PeopleEvent =
  | { readonly kind: 'everybody'; readonly everybody: readonly PresenceEntry[] }
  | { readonly kind: 'presence'; readonly presence: Presence };

/** People held; of more the server knows, and not this list. */
export const MOST_PEOPLE = 10_000;

export const NOBODY: People = new Map();

export function reducePeople(people: People, event: PeopleEvent): People {
  if (event.kind === 'everybody') {
    const present = event.everybody.filter(({ status }) => status !== 'OFFLINE').slice(0, MOST_PEOPLE);
    return new Map(present.map(({ userId, userName, status }) => [userId, { userName, status }]));
  }
  const { userId, userName, status } = event.presence;
  if (!people.has(userId) && (status === 'OFFLINE' || people.size >= MOST_PEOPLE)) return people;
  const next = new Map(people);
  if (status === 'OFFLINE') next.delete(userId);
  else next.set(userId, { userName, status });
  return next;
}

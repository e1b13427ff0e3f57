/** Who is here. */
import { Presence } from '@rtd/protocol';
import type { PresenceRoom } from '../../../presence/presence-room.ts';
import { json } from '../reply.ts';
import { noBody } from '../request-body.ts';
import { noParams, noQuery, type Route, userRoute } from '../route.ts';

/** An entry of the list: as on `/topic/presence`, without the time of a change. */
export const PresenceEntry = Presence.omit({ timestamp: true });

export function presenceRoutes(presence: PresenceRoom): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/presence',
      area: 'presence',
      summary: 'Everybody who is known: who is online, and when the others were seen last.',
      params: noParams,
      query: noQuery,
      body: noBody,
      answers: { 200: { description: 'The users', schema: PresenceEntry.array() } },
      errors: ['VALIDATION', 'UNAVAILABLE'],
      handle: async () => {
        const everybody = await presence.list();
        return json(
          200,
          everybody.map(({ userId, userName, status, lastSeen }) => ({ userId, userName, status, lastSeen })),
        );
      },
    }),
  ];
}

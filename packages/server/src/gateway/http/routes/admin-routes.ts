/** What only administrators may do. */
import { UserId } from '@rtd/protocol';
import { z } from 'zod';
import { json } from '../reply.ts';
import { jsonBody } from '../request-body.ts';
import { noParams, noQuery, type Route, userRoute } from '../route.ts';

/** Body, and answer, of a revocation. */
export const Revocation = z.object({ userId: UserId });

/** `revoke` ends every connection of that user, on all servers, for who has tokens from before it. */
export function adminRoutes(revoke: (userId: UserId) => Promise<void>): readonly Route[] {
  return [
    userRoute({
      method: 'POST',
      path: '/api/admin/revoke',
      area: 'admin',
      access: 'admin',
      summary: 'Ends every connection of a user, on all servers, and refuses the tokens that were issued before.',
      params: noParams,
      query: noQuery,
      body: jsonBody(Revocation),
      answers: { 202: { description: 'Done here, and on its way to the other servers', schema: Revocation } },
      errors: ['VALIDATION', 'TOO_LARGE', 'FORBIDDEN', 'STORE_UNAVAILABLE', 'UNAVAILABLE'],
      handle: async ({ body }) => {
        await revoke(body.userId);
        return json(202, { userId: body.userId });
      },
    }),
  ];
}

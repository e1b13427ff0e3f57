/** Revocations over Redis: `{"userId": …}` on a channel. Who revokes is told when Redis could not take it: it is no hint. */
import { RtdError, UserId } from '@rtd/protocol';
import { z } from 'zod';
import type { Log } from '../../telemetry/log.ts';
import { parseWith } from './parse-with.ts';
import type { RedisLink } from './redis-link.ts';

const CHANNEL = 'rtd-revocations';
const Revoked = z.object({ userId: UserId });

/** The port is `auth/revocations.ts`. The link stays with who made it. */
export function createRedisRevocations(link: RedisLink, log: Log) {
  const parse = parseWith(Revoked, log);
  return {
    async announce(userId: UserId): Promise<void> {
      try {
        await link.commands.publish(CHANNEL, JSON.stringify({ userId }));
      } catch (error) {
        throw new RtdError(
          'UNAVAILABLE',
          'The user was disconnected from this server; Redis is away, so the others could not be told. Try again.',
          { cause: error },
        );
      }
    },
    listen(ended: (userId: UserId) => void): Promise<() => void> {
      return link.listen(CHANNEL, {
        received: (text) => {
          const revoked = parse(text);
          if (revoked !== undefined) ended(revoked.userId);
        },
      });
    },
  };
}

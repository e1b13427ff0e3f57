/** Revocations over Redis: `{"userId": …, "at": …}` on a channel. Who announces is told when Redis could not take it. */
import { RtdError, UserId } from '@rtd/protocol';
import { z } from 'zod';
import type { RevocationFeed } from '../../auth/revocation-feed.ts';
import type { Log } from '../../telemetry/log.ts';
import { parseWith } from './parse-with.ts';
import type { RedisLink } from './redis-link.ts';

const CHANNEL = 'rtd-revocations';
const Announcement = z.object({ userId: UserId, at: z.int() });

/** The link stays with who made it. */
export function createRedisRevocationFeed(link: RedisLink, log: Log): RevocationFeed {
  const parse = parseWith(Announcement, log);
  return {
    async announce(revocation) {
      try {
        await link.commands.publish(CHANNEL, JSON.stringify(revocation));
      } catch (cause) {
        throw new RtdError('UNAVAILABLE', 'Redis is away.', { cause });
      }
    },
    listen: (heard) =>
      link.listen(CHANNEL, {
        received: (text) => {
          const revocation = parse(text);
          if (revocation !== undefined) heard(revocation);
        },
      }),
  };
}

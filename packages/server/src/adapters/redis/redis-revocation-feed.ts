/**
 * Revocations over Redis: `{"userId": …, "at": …}` on a channel, and kept in a sorted set for servers that were not there
 * to hear it. Who announces is told when Redis could not take it.
 */
import { RtdError, UserId } from '@rtd/protocol';
import { z } from 'zod';
import type { RevocationFeed } from '../../auth/revocation-feed.ts';
import type { Revocation } from '../../auth/revocation-store.ts';
import type { Clock, Timer } from '../../clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { parseWith } from './parse-with.ts';
import type { RedisLink } from './redis-link.ts';

const CHANNEL = 'rtd-revocations';
/** User -> moment; the newest of them. */
const KEPT = 'rtd-revoked';
const MAX_KEPT = 100_000;
const RETRY_MILLIS = 500;

const Announcement = z.object({ userId: UserId, at: z.int() });

/** The link stays with who made it. */
export function createRedisRevocationFeed(link: RedisLink, clock: Clock, log: Log): RevocationFeed {
  const parse = parseWith(Announcement, log);

  async function readKept(): Promise<readonly Revocation[]> {
    const flat = await link.commands.zrange(KEPT, '0', '-1', 'WITHSCORES');
    const revocations: Revocation[] = [];
    for (let index = 0; index < flat.length; index += 2) {
      const revocation = Announcement.safeParse({ userId: flat[index], at: Number(flat[index + 1]) });
      if (revocation.success) revocations.push(revocation.data);
    }
    return revocations;
  }

  return {
    async announce(revocation) {
      const { userId, at } = revocation;
      try {
        const answers = await link.commands
          .multi()
          .zadd(KEPT, 'GT', at, userId)
          .zremrangebyrank(KEPT, 0, -1 - MAX_KEPT)
          .publish(CHANNEL, JSON.stringify(revocation))
          .exec();
        const [failure] = (answers ?? []).flatMap(([error]) => error ?? []);
        if (failure !== undefined) throw failure;
      } catch (cause) {
        throw new RtdError('UNAVAILABLE', 'Redis is away.', { cause });
      }
    },
    async listen(heard) {
      let retry: Timer | undefined;
      let ended = false;
      /** What was announced while nobody listened here. */
      async function catchUp(): Promise<void> {
        retry?.cancel();
        retry = undefined;
        try {
          const kept = await readKept();
          if (!ended) for (const revocation of kept) heard(revocation);
        } catch {
          if (!ended) retry = clock.after(RETRY_MILLIS, () => void catchUp());
        }
      }
      const end = await link.listen(CHANNEL, {
        received: (text) => {
          const revocation = parse(text);
          if (revocation !== undefined) heard(revocation);
        },
        recovered: () => void catchUp(),
      });
      await catchUp();
      return () => {
        ended = true;
        retry?.cancel();
        end();
      };
    },
  };
}

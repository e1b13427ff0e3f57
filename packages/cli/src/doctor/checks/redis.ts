/** The three questions about Redis. */
import { type Check, fail, pass, skip, warn } from '../check.ts';
import type { Surroundings } from '../surroundings.ts';
import { type BackendWords, backendFailure, placeOf } from './backend-failure.ts';

const ALONE = 'No RTD_REDIS_URL: one server alone, which needs none.';
/** Past this, people notice that others are on another server. */
const SLOW_MILLIS = 100;

function wordsFor(url: string, asked: string): BackendWords {
  return {
    title: 'Redis',
    place: placeOf(url, 6379),
    setting: 'RTD_REDIS_URL',
    service: 'redis',
    without: 'Without it other servers get messages up to two seconds late, and typing and presence stay local.',
    asked,
  };
}

export const redis: Check = {
  id: 'redis',
  stretch: 'backends',
  title: 'Redis answers',
  run: async ({ config, redis: ask }: Surroundings) => {
    const url = config?.redisUrl;
    if (url === undefined) return skip(ALONE);
    const asked = `INFO at ${placeOf(url, 6379)}`;
    try {
      const { version, mode } = await ask(url);
      const evidence = { asked, answered: `Redis ${version}, ${mode}` };
      if (Number(version.split('.')[0]) < 6)
        return warn(evidence, 'It is tried with Redis 7; this one is old.', 'rtd up --only redis');
      return pass(evidence, 'It is reachable and lets this user in.');
    } catch (error) {
      return backendFailure(error, wordsFor(url, asked));
    }
  },
};

export const redisPubsub: Check = {
  id: 'redis-pubsub',
  stretch: 'backends',
  title: 'a publication comes back',
  needs: ['redis'],
  run: async ({ config, timeoutMillis, newName }) => {
    const url = config?.redisUrl;
    if (url === undefined) return skip(ALONE);
    const asked = `SUBSCRIBE and PUBLISH on a channel of its own at ${placeOf(url, 6379)}`;
    try {
      const { redisRoundTrip } = await import('@rtd/server/probe-redis');
      const millis = await redisRoundTrip(url, newName(), timeoutMillis);
      const evidence = { asked, answered: `back after ${millis.toFixed(1)} ms` };
      if (millis > SLOW_MILLIS)
        return warn(
          evidence,
          'It is slow: messages take as long to the users of other servers.',
          'redis-cli --latency',
        );
      return pass(evidence, 'What one server publishes, others hear.');
    } catch (error) {
      return backendFailure(error, wordsFor(url, asked));
    }
  },
};

export const redisEviction: Check = {
  id: 'redis-eviction',
  stretch: 'backends',
  title: 'what Redis throws away when it is full',
  needs: ['redis'],
  run: async ({ config, redis: ask }) => {
    const url = config?.redisUrl;
    if (url === undefined) return skip(ALONE);
    const asked = `maxmemory, maxmemory-policy at ${placeOf(url, 6379)}`;
    try {
      const { evictionPolicy: policy, maxMemory, usedMemory, evictedKeys } = await ask(url);
      const memory =
        maxMemory === 0 ? 'no limit of memory' : `${megabytes(usedMemory)} of ${megabytes(maxMemory)} in use`;
      const evidence = { asked, answered: `${policy}, ${memory}, ${evictedKeys} keys thrown away so far` };
      const fix = 'redis-cli config set maxmemory-policy noeviction   # and in redis.conf';
      if (policy === 'noeviction') return pass(evidence, 'Nothing is thrown away.');
      if (!policy.startsWith('allkeys')) {
        return warn(evidence, 'Keys with an end may go early: users would seem offline who are not.', fix);
      }
      if (maxMemory === 0 && evictedKeys === 0) {
        return warn(
          evidence,
          'As soon as Redis gets a limit of memory it throws away who is online, and on which server.',
          fix,
        );
      }
      return fail(
        evidence,
        'When memory is short Redis throws away who is online, and on which server: users vanish who are there.',
        fix,
      );
    } catch (error) {
      return backendFailure(error, wordsFor(url, asked));
    }
  },
};

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

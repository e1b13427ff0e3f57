/** Looks at a Redis without changing anything in it. For `rtd doctor`. */
import { Redis } from 'ioredis';
import { ProbeFailure, probeFailureOf, withinMillis } from '../probe-failure.ts';

export interface RedisProbe {
  readonly version: string;
  /** `standalone`, `cluster`, `sentinel` */
  readonly mode: string;
  /** Bytes; 0 is no limit. */
  readonly maxMemory: number;
  readonly usedMemory: number;
  /** What goes when memory is short: `noeviction`, `allkeys-lru`, … */
  readonly evictionPolicy: string;
  readonly evictedKeys: number;
}

/** @throws ProbeFailure */
export async function probeRedis(url: string, timeoutMillis: number): Promise<RedisProbe> {
  return await withRedis(url, timeoutMillis, async (open) => {
    const redis = await open();
    const info = new Map(
      [...(await redis.info()).matchAll(/^([a-z_]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    return {
      version: info.get('redis_version') ?? 'unknown',
      mode: info.get('redis_mode') ?? 'standalone',
      maxMemory: Number(info.get('maxmemory') ?? 0),
      usedMemory: Number(info.get('used_memory') ?? 0),
      evictionPolicy: info.get('maxmemory_policy') ?? 'unknown',
      evictedKeys: Number(info.get('evicted_keys') ?? 0),
    };
  });
}

/** Publishes on a channel of its own what it listens to itself; how long that took. @throws ProbeFailure */
export async function redisRoundTrip(url: string, name: string, timeoutMillis: number): Promise<number> {
  return await withRedis(url, timeoutMillis, async (open) => {
    const listener = await open();
    const sender = await open();
    const channel = `rtd-doctor:${name}`;
    const heard = new Promise<void>((resolve) => listener.once('message', () => resolve()));
    await listener.subscribe(channel);
    const begun = performance.now();
    await sender.publish(channel, name);
    await heard;
    return performance.now() - begun;
  });
}

type Open = () => Promise<Redis>;

async function withRedis<Result>(
  url: string,
  timeoutMillis: number,
  work: (open: Open) => Promise<Result>,
): Promise<Result> {
  const links: Redis[] = [];
  const open: Open = async () => {
    const redis = new Redis(url, {
      connectTimeout: timeoutMillis,
      commandTimeout: timeoutMillis,
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    links.push(redis);
    // Told once by the call that fails; an emitter that nobody listens to would throw it again.
    let failure: Error | undefined;
    redis.on('error', (error: Error) => {
      failure ??= error;
    });
    await redis.connect().catch((error: unknown) => {
      throw failure ?? error;
    });
    return redis;
  };
  try {
    return await withinMillis(timeoutMillis, work(open));
  } catch (error) {
    throw isDenied(error) ? new ProbeFailure('denied', wordOf(error), { cause: error }) : probeFailureOf(error);
  } finally {
    for (const link of links) link.disconnect();
  }
}

/** The first word of an error answer is its code (RESP, "Simple errors"). */
function wordOf(error: unknown): string {
  return error instanceof Error ? (/^[A-Z]{3,}/.exec(error.message)?.[0] ?? '') : '';
}

function isDenied(error: unknown): boolean {
  return ['NOAUTH', 'WRONGPASS', 'NOPERM'].includes(wordOf(error));
}

/** A Redis for one test or describe alone: others empty theirs, and their users would be seen in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { redisService } from '../../../cli/src/services/redis-service.ts';
import { RunningServices } from '../../../cli/src/services/running-services.ts';

export interface OwnRedis {
  readonly url: string;
  /** Ends it as a crash would; repeating it is harmless. */
  stop(): Promise<void>;
}

export async function startOwnRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-redis-'));
  const running = new RunningServices(folder);
  const service = redisService(process.env.PATH);
  const port = await running.start(service, { port: 'any', say: () => {}, now: () => new Date() });
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      await running.stop('redis');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The real MariaDB and Redis for a benchmark: on free ports and in a folder of their own, ended with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mysqlService } from '../../packages/cli/src/services/mysql-service.ts';
import { type NativeService, ServiceError } from '../../packages/cli/src/services/native-service.ts';
import { redisService } from '../../packages/cli/src/services/redis-service.ts';
import { RunningServices } from '../../packages/cli/src/services/running-services.ts';
import { onInterruption } from './interruption.ts';

const KNOWN = { mysql: mysqlService, redis: redisService } as const;
export type BenchService = keyof typeof KNOWN;

export class Services implements AsyncDisposable {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'rtd-bench-services-'));
  readonly #running = new RunningServices(this.#folder);
  readonly #begun = new Set<BenchService>();
  readonly #ports = new Map<BenchService, number>();
  readonly #forget = onInterruption(() => this[Symbol.asyncDispose]());

  /** Resolves when all answer: undefined, or, where one is not installed or does not start, with the reason. */
  async start(...names: readonly BenchService[]): Promise<string | undefined> {
    for (const name of names) {
      const service: NativeService = KNOWN[name](process.env.PATH);
      this.#begun.add(name);
      try {
        const port = await this.#running.start(service, { port: 'any', say: () => {}, now: () => new Date() });
        this.#ports.set(name, port);
      } catch (error) {
        if (error instanceof ServiceError) return error.message.split('\n')[0];
        throw error;
      }
    }
    return undefined;
  }

  port(name: BenchService): number {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`${name} was not started`);
    return port;
  }

  /** A database of this MariaDB; the server makes it when it starts. */
  mysqlUrl(database: string): string {
    return `mysql://root:root@127.0.0.1:${this.port('mysql')}/${database}`;
  }

  redisUrl(): string {
    return `redis://127.0.0.1:${this.port('redis')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    for (const name of this.#begun) await this.#running.stop(name);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

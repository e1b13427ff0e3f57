/** The real MariaDB and Redis for a benchmark: on free ports and in a folder of their own, ended with it, however it ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mysqlService } from '../../packages/cli/src/services/mysql-service.ts';
import { type NativeService, ServiceError } from '../../packages/cli/src/services/native-service.ts';
import { redisService } from '../../packages/cli/src/services/redis-service.ts';
import { RunningServices } from '../../packages/cli/src/services/running-services.ts';

const KNOWN = { mysql: mysqlService, redis: redisService } as const;
export type BenchService = keyof typeof KNOWN;

/** The signals that end a program which does not listen to them; services outlive the program that started them. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Services implements AsyncDisposable {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'rtd-bench-services-'));
  readonly #running = new RunningServices(this.#folder);
  readonly #started = new Map<BenchService, number>();
  readonly #interrupted = (): void => {
    this[Symbol.asyncDispose]().then(
      () => process.exit(130),
      () => process.exit(1),
    );
  };

  constructor() {
    for (const signal of ENDINGS) process.once(signal, this.#interrupted);
    // Whoever started this benchmark has ended without it.
    process.once('disconnect', this.#interrupted);
  }

  /** Resolves when all answer: undefined, or, where one is not installed or does not start, with the reason. */
  async start(...names: readonly BenchService[]): Promise<string | undefined> {
    for (const name of names) {
      const service: NativeService = KNOWN[name](process.env.PATH);
      // Before it is there: who is interrupted while it starts has it ended, too.
      this.#started.set(name, 0);
      try {
        const port = await this.#running.start(service, { port: 'any', say: () => {}, now: () => new Date() });
        this.#started.set(name, port);
      } catch (error) {
        if (error instanceof ServiceError) return error.message;
        throw error;
      }
    }
    return undefined;
  }

  port(name: BenchService): number {
    const port = this.#started.get(name);
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
    for (const name of this.#started.keys()) await this.#running.stop(name);
    for (const signal of [...ENDINGS, 'disconnect']) process.removeListener(signal, this.#interrupted);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

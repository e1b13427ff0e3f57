/** Several servers as processes of their own, on a MariaDB, a Redis and a Kafka of their own, which can all be ended and brought back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../src/services/free-port.ts';
import { kafkaService } from '../../src/services/kafka-service.ts';
import { mysqlService } from '../../src/services/mysql-service.ts';
import type { NativeService, ServiceName } from '../../src/services/native-service.ts';
import { redisService } from '../../src/services/redis-service.ts';
import { RunningServices } from '../../src/services/running-services.ts';

const SERVER = path.join(import.meta.dirname, '../../../server/bin/rtd-server.js');
const JARS = path.join(import.meta.dirname, '../../../../node_modules/.cache/kafka');
const START_MILLIS = 30_000;

interface ServerProcess {
  readonly port: number;
  child: ChildProcess;
  log: string;
}

export class Cluster {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'rtd-cluster-'));
  readonly #running = new RunningServices(path.join(this.#folder, 'services'));
  readonly #services = new Map<ServiceName, NativeService>();
  readonly #ports = new Map<ServiceName, number>();
  readonly #servers: ServerProcess[] = [];

  constructor() {
    const { PATH: searchPath, JAVA_HOME: javaHome, KAFKA_HOME: kafkaHome } = process.env;
    const services = [
      mysqlService(searchPath),
      redisService(searchPath),
      kafkaService({ searchPath, javaHome, kafkaHome, jars: JARS }),
    ];
    for (const service of services) this.#services.set(service.name, service);
  }

  /** The first time on any port, then on the same one, with the data it had. */
  async startService(name: ServiceName): Promise<void> {
    const service = this.#service(name);
    const port = this.#ports.get(name) ?? 'any';
    this.#ports.set(name, await this.#running.start(service, { port, say: () => {}, now: () => new Date() }));
  }

  async stopService(name: ServiceName): Promise<void> {
    await this.#running.stop(name);
  }

  /** `SIGKILL`: as a crash; `SIGSTOP`, `SIGCONT`: hangs with its connections open, and goes on. */
  async signalService(name: ServiceName, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const { pid } = await this.#running.status(this.#service(name));
    if (pid === undefined) throw new Error(`${name} does not run`);
    process.kill(pid, signal);
    if (signal !== 'SIGKILL') return;
    for (let state = 'up'; state !== 'down'; await pause(20))
      state = (await this.#running.status(this.#service(name))).state;
  }

  port(name: ServiceName): number {
    return this.#ports.get(name) ?? 0;
  }

  url(server: number): string {
    return `http://127.0.0.1:${this.#server(server).port}`;
  }

  log(server: number): string {
    return this.#server(server).log;
  }

  /** Starts one more server, or one that was ended again, and resolves when it is ready. */
  async startServer(server = this.#servers.length): Promise<number> {
    const known = this.#servers[server];
    const port = known?.port ?? (await freePort());
    const environment = Object.assign(
      {},
      ...[...this.#ports].map(([name, servicePort]) => this.#service(name).environment(servicePort)),
    );
    const child = spawn(process.execPath, [SERVER, '--log-format', 'json'], {
      env: {
        PATH: process.env.PATH ?? '',
        RTD_PORT: String(port),
        RTD_SERVER_ID: `server-${server}`,
        RTD_DATA_DIR: path.join(this.#folder, `server-${server}`),
        RTD_LIMIT_MESSAGES_PER_SECOND: '0',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const entry: ServerProcess = { port, child, log: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        entry.log += text;
      });
    }
    this.#servers[server] = entry;
    for (const deadline = Date.now() + START_MILLIS; ; await pause(20)) {
      if (await isReady(this.url(server))) return server;
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`server ${server} did not start:\n${entry.log}`);
    }
  }

  /** Resolves with its exit code, `undefined` where the signal ended it, once it has ended. */
  async endServer(server: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | undefined> {
    const { child } = this.#server(server);
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
    return child.exitCode ?? undefined;
  }

  async close(): Promise<void> {
    for (const { child } of this.#servers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
    for (const name of this.#services.keys()) {
      const { pid } = await this.#running.status(this.#service(name));
      if (pid !== undefined) process.kill(pid, 'SIGCONT');
      await this.#running.stop(name);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #service(name: ServiceName): NativeService {
    const service = this.#services.get(name);
    if (service === undefined) throw new Error(`no such service: ${name}`);
    return service;
  }

  #server(server: number): ServerProcess {
    const entry = this.#servers[server];
    if (entry === undefined) throw new Error(`no such server: ${server}`);
    return entry;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

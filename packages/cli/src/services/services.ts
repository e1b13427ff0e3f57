/**
 * What `rtd up`, `rtd down`, `rtd status` and `rtd serve --backends up` see: the three services, each as a process of this
 * user, as a container, or down. One that runs as a process stays one, also where there are containers.
 */
import { mkdirSync } from 'node:fs';
import { RtdError } from '@rtd/protocol';
import { lockFolder } from '@rtd/server';
import type { Container, DockerCompose } from './docker-compose.ts';
import { type NativeService, SERVICE_NAMES, ServiceError, type ServiceName } from './native-service.ts';
import { RunningServices } from './running-services.ts';
import { withoutPassword } from './without-password.ts';

/** A service as it may be shown to anybody. */
export interface ServiceReport {
  readonly name: ServiceName;
  readonly state: 'up' | 'starting' | 'down';
  /** What runs it; null where nothing does. */
  readonly as: 'process' | 'container' | null;
  readonly pid: number | null;
  readonly container: string | null;
  readonly port: number | null;
  /** Where it is, without a password; brokers for Kafka. */
  readonly url: string | null;
  /** A file, or the command that shows it. */
  readonly log: string;
}

/** Told what happens to a service. */
export interface Watcher {
  step(name: ServiceName, text: string): void;
  ready(name: ServiceName): void;
  failed(name: ServiceName): void;
}

export interface ServicesOptions {
  /** Absolute. */
  readonly folder: string;
  readonly services: readonly NativeService[];
  /** Undefined: containers are not to be had. */
  readonly docker: DockerCompose | undefined;
  readonly now: () => Date;
}

export class Services {
  readonly #options: ServicesOptions;
  readonly #running: RunningServices;

  constructor(options: ServicesOptions) {
    this.#options = options;
    this.#running = new RunningServices(options.folder);
  }

  /** One report a service, always all three. */
  async reports(): Promise<readonly ServiceReport[]> {
    const { services, docker } = this.#options;
    const containers = (await docker?.containers()) ?? [];
    return Promise.all(
      services.map(async (service): Promise<ServiceReport> => {
        const { name } = service;
        const native = await this.#running.status(service);
        const container = containers.find((each) => each.service === name);
        if (native.pid !== undefined && native.port !== undefined) {
          const { state, pid, port, log } = native;
          return { name, state, as: 'process', pid, container: null, port, url: addressOf(service, port), log };
        }
        if (container !== undefined) return containerReport(service, container, docker?.logCommand(name) ?? '');
        const { log } = native;
        return { name, state: 'down', as: null, pid: null, container: null, port: null, url: null, log };
      }),
    );
  }

  /**
   * Starts what is not up, all at the same time, and resolves when each is up or has failed: with what went wrong.
   * One `rtd up` at a time. @throws ServiceError where another one is at work.
   */
  async start(names: readonly ServiceName[], watcher: Watcher): Promise<readonly ServiceError[]> {
    const release = this.#lock();
    try {
      const { docker } = this.#options;
      const before = await this.reports();
      const isProcess = (name: ServiceName): boolean =>
        before.some((report) => report.name === name && report.as === 'process');
      const asContainers = docker === undefined ? [] : names.filter((name) => !isProcess(name));
      const asProcesses = names.filter((name) => !asContainers.includes(name));
      const starting = [
        ...asProcesses.map((name) => this.#startProcess(name, watcher)),
        ...(docker === undefined || asContainers.length === 0 ? [] : [startContainers(docker, asContainers, watcher)]),
      ];
      return (await Promise.all(starting)).flatMap((failure) => (failure === undefined ? [] : [failure]));
    } finally {
      release();
    }
  }

  /** Ends those that are up, however they run; resolves with their names. Their data stays. @throws ServiceError */
  async stop(names: readonly ServiceName[]): Promise<readonly ServiceName[]> {
    const { docker } = this.#options;
    const stopped = await Promise.all(names.map(async (name) => ((await this.#running.stop(name)) ? [name] : [])));
    const containers = ((await docker?.containers()) ?? []).map(({ service }) => service);
    const removed = names.filter((name) => containers.includes(name));
    if (removed.length > 0) await docker?.remove(removed);
    const ended = new Set([...stopped.flat(), ...removed]);
    return SERVICE_NAMES.filter((name) => ended.has(name));
  }

  /** What a server must be told to use what is up: variable -> value, passwords and all. */
  async environment(): Promise<Readonly<Record<string, string>>> {
    const reports = await this.reports();
    const environment: Record<string, string> = {};
    for (const service of this.#options.services) {
      const port = reports.find(({ name }) => name === service.name)?.port ?? undefined;
      if (port !== undefined) Object.assign(environment, service.environment(port));
    }
    return environment;
  }

  async #startProcess(name: ServiceName, watcher: Watcher): Promise<ServiceError | undefined> {
    const service = this.#options.services.find((each) => each.name === name);
    if (service === undefined) throw new Error(`no such service: ${name}`);
    try {
      const say = (step: string): void => watcher.step(name, step);
      await this.#running.start(service, { port: 'usual', say, now: this.#options.now });
      watcher.ready(name);
      return undefined;
    } catch (error) {
      watcher.failed(name);
      if (error instanceof ServiceError) return error;
      throw error;
    }
  }

  #lock(): () => void {
    const { folder } = this.#options;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const lock = lockFolder(folder);
      return () => lock.release();
    } catch (error) {
      if (error instanceof RtdError && error.code === 'CONFLICT')
        throw new ServiceError('Another "rtd up" is at work right now: wait for it to end.');
      throw new ServiceError(
        `The folder for the services, ${folder}, cannot be written to: change its rights, or choose another data folder with RTD_DATA_DIR.`,
      );
    }
  }
}

async function startContainers(
  docker: DockerCompose,
  names: readonly ServiceName[],
  watcher: Watcher,
): Promise<ServiceError | undefined> {
  for (const name of names) watcher.step(name, `starting as a container, log by "${docker.logCommand(name)}"`);
  try {
    await docker.up(names, (name, step) => watcher.step(name, step));
    for (const name of names) watcher.ready(name);
    return undefined;
  } catch (error) {
    for (const name of names) watcher.failed(name);
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

function containerReport(service: NativeService, { id, healthy, port }: Container, log: string): ServiceReport {
  const published = port ?? null;
  return {
    name: service.name,
    state: healthy ? 'up' : 'starting',
    as: 'container',
    pid: null,
    container: id,
    port: published,
    url: published === null ? null : addressOf(service, published),
    log,
  };
}

function addressOf(service: NativeService, port: number): string {
  return Object.values(service.environment(port)).map(withoutPassword).join(',');
}

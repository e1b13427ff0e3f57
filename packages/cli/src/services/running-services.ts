/**
 * Starts, finds and ends the native services of one folder. They outlive the program that started them; a small file
 * beside each (`running.json`) says where it is, so that any later program can find and end it.
 *
 * Promises: only processes that were started from this folder are ever ended; nothing is ended by name.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { freePort } from './free-port.ts';
import { type NativeService, ServiceError, type ServiceName } from './native-service.ts';

const START_LIMIT_MILLIS = 60_000;
const STOP_LIMIT_MILLIS = 30_000;
const POLL_MILLIS = 50;
const LOG_TAIL = 1_500;

const Running = z.object({ pid: z.int().positive(), port: z.int().positive(), startedAt: z.string() });
type Running = z.infer<typeof Running>;

export interface ServiceStatus {
  readonly name: ServiceName;
  readonly state: 'up' | 'starting' | 'down';
  readonly pid: number | undefined;
  readonly port: number | undefined;
  readonly log: string;
}

export interface StartOptions {
  /** The usual port when it is free, else any (`usual`), any from the start (`any`), or exactly this one. */
  readonly port: 'usual' | 'any' | number;
  readonly say: (step: string) => void;
  readonly now: () => Date;
}

export class RunningServices {
  readonly #folder: string;

  /** `folder` holds one folder a service. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  logOf(name: ServiceName): string {
    return path.join(this.#folder, name, 'log.txt');
  }

  /** Starts it, or finds it running, and resolves with its port once it answers. @throws ServiceError */
  async start(service: NativeService, options: StartOptions): Promise<number> {
    const folder = path.join(this.#folder, service.name);
    const before = await this.#find(service.name);
    if (before !== undefined) {
      options.say(`already running, pid ${before.pid}`);
      await this.#untilReady(service, before);
      return before.port;
    }
    const port = await choosePort(service, options.port);
    const place = { folder, port };
    mkdirSync(folder, { recursive: true });
    await service.prepare(place, options.say);
    options.say(`starting on 127.0.0.1:${port}, log in ${this.logOf(service.name)}`);
    const { file, args } = service.command(place);
    const log = openSync(this.logOf(service.name), 'a');
    const program = spawn(file, args, { cwd: folder, detached: true, stdio: ['ignore', log, log] });
    const failed = new Promise<Error>((resolve) => program.once('error', resolve));
    program.unref();
    if (program.pid === undefined)
      throw new ServiceError(`${service.title} cannot be started: ${(await failed).message}.`);
    const running: Running = { pid: program.pid, port, startedAt: options.now().toISOString() };
    writeFileSync(this.#stateFile(service.name), JSON.stringify(running));
    await this.#untilReady(service, running);
    return port;
  }

  /** Ends it and resolves when it is gone: true when it was running. */
  async stop(name: ServiceName): Promise<boolean> {
    const running = await this.#find(name);
    if (running !== undefined) await endProcess(running.pid);
    rmSync(this.#stateFile(name), { force: true });
    return running !== undefined;
  }

  async status(service: NativeService): Promise<ServiceStatus> {
    const running = await this.#find(service.name);
    const log = this.logOf(service.name);
    if (running === undefined) return { name: service.name, state: 'down', pid: undefined, port: undefined, log };
    const state = (await service.answers(running.port)) ? 'up' : 'starting';
    return { name: service.name, state, pid: running.pid, port: running.port, log };
  }

  #stateFile(name: ServiceName): string {
    return path.join(this.#folder, name, 'running.json');
  }

  /** The process that the state file names, if it still is that process: pids are used again. */
  async #find(name: ServiceName): Promise<Running | undefined> {
    let text: string;
    try {
      text = readFileSync(this.#stateFile(name), 'utf8');
    } catch {
      return undefined;
    }
    const running = Running.safeParse(parseJson(text));
    if (!running.success) return undefined;
    const commandLine = await commandLineOf(running.data.pid);
    return commandLine.includes(path.join(this.#folder, name)) ? running.data : undefined;
  }

  async #untilReady(service: NativeService, { pid, port }: Running): Promise<void> {
    for (const deadline = Date.now() + START_LIMIT_MILLIS; Date.now() < deadline; ) {
      if (await service.answers(port)) return;
      if (!isAlive(pid))
        throw new ServiceError(`${service.title} ended while it started.\n${this.#logTail(service.name)}`);
      await pause(POLL_MILLIS);
    }
    throw new ServiceError(
      `${service.title} runs (pid ${pid}) but does not answer on port ${port} after ${START_LIMIT_MILLIS / 1_000} s.\n${this.#logTail(service.name)}`,
    );
  }

  #logTail(name: ServiceName): string {
    try {
      return `The end of ${this.logOf(name)}:\n${readFileSync(this.logOf(name), 'utf8').slice(-LOG_TAIL)}`;
    } catch {
      return `Nothing is in ${this.logOf(name)}.`;
    }
  }
}

async function choosePort(service: NativeService, wish: StartOptions['port']): Promise<number> {
  if (typeof wish === 'number') return wish;
  if (wish === 'any') return freePort();
  return freePort(service.usualPort).catch(() => freePort());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Empty where there is no such process. */
async function commandLineOf(pid: number): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-p', String(pid), '-o', 'stat=,command=']);
    // A zombie has ended; only its parent has not looked yet.
    return stdout.trimStart().startsWith('Z') ? '' : stdout;
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function endProcess(pid: number): Promise<void> {
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself in between.
    }
  };
  signal('SIGTERM');
  for (const deadline = Date.now() + STOP_LIMIT_MILLIS; Date.now() < deadline; ) {
    if ((await commandLineOf(pid)) === '') return;
    await pause(POLL_MILLIS);
  }
  signal('SIGKILL');
}

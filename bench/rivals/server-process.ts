/** The process of a server that is measured, with all that it has started: ended together, and measured together. Linux only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onInterruption } from '../harness/interruption.ts';

const STARTING_MILLIS = 90_000;
const STOPPING_MILLIS = 20_000;
/** Of /proc/PID/stat: a hundredth of a second on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;
const PAGE_BYTES = 4_096;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it writes once it serves. */
  readonly ready: RegExp;
}

export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #forget = onInterruption(() => this[Symbol.asyncDispose]());
  #written = '';

  private constructor({ command, args, cwd, env }: Launch) {
    // A group of its own: scripts start the server as a child of theirs.
    this.#child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (text: string): void => {
      this.#written = (this.#written + text).slice(-100_000);
    };
    this.#child.stdout?.setEncoding('utf8').on('data', hear);
    this.#child.stderr?.setEncoding('utf8').on('data', hear);
    this.#child.on('error', ({ message }) => hear(message));
  }

  /** Resolves when it serves. @throws Error with what it has written, where it does not. */
  static async start(launch: Launch): Promise<ServerProcess> {
    const server = new ServerProcess(launch);
    const deadline = performance.now() + STARTING_MILLIS;
    while (!launch.ready.test(server.#written)) {
      if (server.#child.exitCode !== null || server.#child.pid === undefined || performance.now() > deadline) {
        await server[Symbol.asyncDispose]();
        throw new Error(`${launch.command} did not start:\n${server.#written.slice(-2_000)}`);
      }
      await sleep(50);
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get written(): string {
    return this.#written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    const { pid } = this.#child;
    if (pid === undefined) return;
    const deadline = performance.now() + STOPPING_MILLIS;
    signalGroup(pid, 'SIGTERM');
    while (signalGroup(pid, 0) && performance.now() < deadline) await sleep(50);
    signalGroup(pid, 'SIGKILL');
  }
}

/** False where nobody of the group is there any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

export interface Usage {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Seconds of processor time since the processes began, the kernel's share included. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** A process and all that have come of it, as they are now. */
export function familyOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(Number(name))?.[4])] as const);
  const family = [pid];
  for (const member of family) {
    for (const [other, parent] of parents) if (parent === member) family.push(other);
  }
  return family;
}

/** What they have used up to now, together. */
export function usageOf(family: readonly number[]): Usage {
  let cpuSeconds = 0;
  let residentBytes = 0;
  for (const pid of family) {
    const stat = statOf(pid);
    if (stat === undefined) continue;
    cpuSeconds += (Number(stat[14]) + Number(stat[15])) / TICKS_A_SECOND;
    residentBytes += Number(stat[24]) * PAGE_BYTES;
  }
  return { at: Date.now(), cpuSeconds, residentBytes };
}

/** Fields of /proc/PID/stat by their number (proc(5)), from the third on; undefined where the process has ended. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may have spaces in it; what follows begins with field 3.
    return ['', '', '', ...stat.slice(stat.lastIndexOf(')') + 2).split(' ')];
  } catch {
    return undefined;
  }
}

/** Where a program is, in one of `folders` or on the path; undefined where it is nowhere. */
export function programNamed(name: string, ...folders: readonly string[]): string | undefined {
  const all = [...folders, ...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin'];
  return all
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Ports of loopback that nobody listens at. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

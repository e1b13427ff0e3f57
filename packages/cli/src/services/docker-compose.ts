/**
 * The services as containers, by the compose file of the checkout: found, started until they are healthy, listed, removed.
 * Only the three services are ever touched; their volumes, and with them the data, stay.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { SERVICE_NAMES, ServiceError, type ServiceName } from './native-service.ts';
import { findProgram } from './run-step.ts';

/** The one of the checkout that this is run from, source or built. */
export const COMPOSE_FILE = path.join(import.meta.dirname, '../../../../docker-compose.yml');

const ASK_MILLIS = 5_000;
const UP_SECONDS = 300;
const KEPT_LINES = 8;

export interface Container {
  readonly service: ServiceName;
  readonly id: string;
  /** Running, and healthy where it says how it is. */
  readonly healthy: boolean;
  /** Undefined while none is published. */
  readonly port: number | undefined;
}

const ListedContainer = z.object({
  ID: z.string(),
  Service: z.string(),
  State: z.string(),
  Health: z.string().optional(),
  Publishers: z.array(z.object({ PublishedPort: z.int() })).nullish(),
});

/** Compose writes one object a line; before 2.21 it was one array. */
const Listing = z.string().transform((text, context) => {
  try {
    const trimmed = text.trim();
    const entries: unknown = trimmed.startsWith('[')
      ? JSON.parse(trimmed)
      : trimmed.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]));
    return z.array(ListedContainer).parse(entries);
  } catch {
    context.addIssue({ code: 'custom', message: 'not what docker compose ps writes' });
    return z.NEVER;
  }
});

export class DockerCompose {
  readonly #program: string;
  readonly #file: string;

  private constructor(program: string, file: string) {
    this.#program = program;
    this.#file = file;
  }

  /** Undefined where there is no docker, no compose, no compose file, or no daemon that answers. */
  static async find(searchPath: string | undefined, file: string = COMPOSE_FILE): Promise<DockerCompose | undefined> {
    const program = findProgram(['docker'], searchPath);
    if (program === undefined || !existsSync(file)) return undefined;
    const docker = new DockerCompose(program, file);
    try {
      await docker.#ask(['info', '--format', '{{.ServerVersion}}']);
      await docker.#ask(['compose', 'version']);
      return docker;
    } catch {
      return undefined;
    }
  }

  /** Resolves when all are healthy; what compose says of each is passed on. @throws ServiceError with the end of it. */
  async up(names: readonly ServiceName[], say: (name: ServiceName, step: string) => void): Promise<void> {
    const args = ['--progress', 'plain', 'up', '--detach', '--wait', '--wait-timeout', String(UP_SECONDS), ...names];
    const child = spawn(this.#program, ['compose', '--file', this.#file, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const last: string[] = [];
    const lines = createInterface({ input: child.stderr }).on('line', (line) => {
      last.push(line);
      if (last.length > KEPT_LINES) last.shift();
      const about = names.find((name) => new RegExp(`\\b${name}\\b`).test(line));
      if (about !== undefined) say(about, stepIn(line, about));
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    lines.close();
    if (code === 0) return;
    throw new ServiceError(
      `docker compose up failed:\n${last.join('\n').trim()}\nWithout containers: rtd up --native, which takes other ports where these are in use.`,
    );
  }

  /** Of the three services, those that have a container that runs. */
  async containers(): Promise<readonly Container[]> {
    const text = await this.#ask(['compose', '--file', this.#file, 'ps', '--all', '--format', 'json']);
    const { data: listed } = Listing.safeParse(text);
    if (listed === undefined)
      throw new ServiceError('docker compose ps answers in a way that is not known: update it.');
    return SERVICE_NAMES.flatMap((service): Container[] => {
      const found = listed.find((container) => container.Service === service && container.State === 'running');
      if (found === undefined) return [];
      const port = found.Publishers?.find(({ PublishedPort }) => PublishedPort > 0)?.PublishedPort;
      const health = found.Health ?? '';
      return [{ service, id: found.ID.slice(0, 12), healthy: health === '' || health === 'healthy', port }];
    });
  }

  /** Ends the containers of these services and removes them; volumes stay. @throws ServiceError */
  async remove(names: readonly ServiceName[]): Promise<void> {
    await this.#ask(['compose', '--file', this.#file, 'rm', '--stop', '--force', ...names], UP_SECONDS * 1_000);
  }

  /** How to read what a service says. */
  logCommand(name: ServiceName): string {
    return `docker compose --file ${this.#file} logs ${name}`;
  }

  async #ask(args: readonly string[], timeout = ASK_MILLIS): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)(this.#program, [...args], { timeout });
      return stdout;
    } catch (error) {
      throw new ServiceError(error instanceof Error ? error.message.trim() : String(error));
    }
  }
}

/** ` Container rtd-mysql-1  Started` -> `container started`. */
function stepIn(line: string, name: ServiceName): string {
  return line
    .replace(new RegExp(`\\S*\\b${name}\\b\\S*`), '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

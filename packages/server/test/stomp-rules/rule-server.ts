/** A whole server for the rules, and clients that are connected to it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ChatMessage, HistoryPage, limitsWith } from '@rtd/protocol';
import {
  type Clock,
  type Config,
  createLog,
  defaultConfig,
  type RunningServer,
  startServer,
  systemClock,
} from '../../src/index.ts';
import { RawClient, type RawFrame, raw } from './raw-client.ts';

export const VERSIONS = ['1.0', '1.1', '1.2'] as const;
export type Version = (typeof VERSIONS)[number];
/** Those that have escapes, NACK and mandatory subscription ids. */
export const SINCE_1_1: readonly Version[] = ['1.1', '1.2'];

let users = 0;

/** A name that nobody else in this run has. */
export function newUser(name = 'user'): string {
  users += 1;
  return `${name}-${process.pid}-${users}`;
}

export class RuleServer {
  readonly server: RunningServer;
  readonly dataDir: string;
  readonly #log: string[];
  readonly #clients: RawClient[] = [];

  static async start(
    options: { config?: Partial<Config>; limits?: Parameters<typeof limitsWith>[0]; clock?: Clock } = {},
  ) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'rtd-stomp-'));
    const log: string[] = [];
    const config = defaultConfig({ dataDir, port: 0, limits: limitsWith(options.limits), ...options.config });
    const server = await startServer(config, {
      clock: options.clock ?? systemClock,
      randomBytes,
      log: createLog({ level: 'trace', format: 'json', destination: { write: (line) => log.push(line) } }),
    });
    return new RuleServer(server, dataDir, log);
  }

  private constructor(server: RunningServer, dataDir: string, log: string[]) {
    this.server = server;
    this.dataDir = dataDir;
    this.#log = log;
  }

  get url(): string {
    return this.server.url;
  }

  /** Everything that was logged. */
  get log(): string {
    return this.#log.join('');
  }

  /** An open WebSocket on which nothing was said yet. */
  async open(options?: Parameters<typeof RawClient.open>[1]): Promise<RawClient> {
    const client = await RawClient.open(this.url, options);
    this.#clients.push(client);
    return client;
  }

  /** A client after CONNECTED. More header lines of CONNECT may follow. */
  async connect(version: Version, user = newUser(), ...headers: string[]): Promise<RawClient> {
    const client = await this.open();
    const accept = version === '1.0' ? [] : [`accept-version:${version}`, 'host:rtd'];
    client.send(raw('CONNECT', ...accept, `login:${user}`, ...headers));
    const connected = await client.next();
    if (connected.headers.version !== version) throw new Error(`not connected but ${connected.raw}`);
    return client;
  }

  /** Cuts what a test has left open. */
  cutClients(): void {
    for (const client of this.#clients.splice(0)) client.cut();
  }

  async stop(): Promise<void> {
    this.cutClients();
    await this.server.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Subscribes, and resolves once the server has processed it. */
export async function subscribed(client: RawClient, destination: string, ...headers: string[]): Promise<RawClient> {
  const id = headers.some((line) => line.startsWith('id:'))
    ? []
    : [`id:sub-${destination}`.replaceAll(':', '_').replace('id_', 'id:')];
  client.send(raw('SUBSCRIBE', `destination:${destination}`, ...id, ...headers));
  await client.settled();
  return client;
}

/** A SEND of a chat message to `global`. */
export function chat(content: string, ...headers: string[]): string {
  return raw('SEND', 'destination:/app/chat', ...headers, '', JSON.stringify({ content }));
}

/** A SEND of a direct message. */
export function direct(recipientId: string, content: string, ...headers: string[]): string {
  return raw('SEND', 'destination:/app/chat.send', ...headers, '', JSON.stringify({ recipientId, content }));
}

/** The content of a MESSAGE of chat. */
export function contentOf(frame: RawFrame): string {
  return ChatMessage.parse(JSON.parse(frame.body)).content;
}

/** Everything that the global conversation has stored, newest last, at most 500. */
export async function storedContents(server: RuleServer): Promise<string[]> {
  const response = await fetch(`${server.url}/api/chat/history?conversationId=global&limit=500`);
  return HistoryPage.parse(await response.json()).messages.map(({ content }) => content);
}

/** A whole server on a port of its own and in a folder of its own, for black-box tests; and raw HTTP to talk to it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import {
  type Ambient,
  type Config,
  defaultConfig,
  type RunningServer,
  silentLog,
  startServer,
  systemClock,
} from '../../src/index.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-server-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Closed when the test ends. */
export async function startTestServer(
  overrides: Partial<Config> = {},
  ambient: Partial<Ambient> = {},
): Promise<RunningServer> {
  const config = defaultConfig({ port: 0, dataDir: overrides.dataDir ?? (await temporaryFolder()), ...overrides });
  const server = await startServer(config, { clock: systemClock, randomBytes, log: silentLog(), ...ambient });
  onTestFinished(() => server.close());
  return server;
}

/** One server for all tests of the describe that calls this. */
export function sharedServer(overrides: Partial<Config> = {}): () => RunningServer {
  let server: RunningServer | undefined;
  let folder: string | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rtd-server-'));
    const config = defaultConfig({ port: 0, dataDir: folder, ...overrides });
    server = await startServer(config, { clock: systemClock, randomBytes, log: silentLog() });
  });
  afterAll(async () => {
    await server?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return () => {
    if (server === undefined) throw new Error('The server has not started.');
    return server;
  };
}

/** `expect` on what `read` gives, as soon as it fits; patient, for machines that have much to do. */
export function eventually<Value>(read: () => Value | Promise<Value>) {
  return expect.poll(read, { timeout: 15_000, interval: 20 });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. @throws SyntaxError */
  json(): unknown;
}

export interface Question {
  readonly method?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly body?: string | Buffer | undefined;
}

/** One request, with exactly these headers: `fetch` would not let a test set Host or Origin. */
export function ask(server: { port: number }, pathAndQuery: string, question: Question = {}): Promise<Answer> {
  const { method = question.body === undefined ? 'GET' : 'POST', headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, path: pathAndQuery, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, text, json: () => JSON.parse(text) });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Raw bytes to the server, and everything that comes back until it closes or `enough` is satisfied. */
export function talk(
  server: { port: number },
  bytes: string,
  enough: (received: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = dial(server);
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (enough(received)) socket.destroy();
    });
    socket.write(bytes, 'latin1');
  });
}

/** Destroyed when the test ends. */
export function dial(server: { port: number }): Socket {
  const socket = connect(server.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** The request of a WebSocket, as bytes. */
export function upgradeRequest(pathname: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'v12.stomp',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

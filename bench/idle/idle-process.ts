/** A server that very many clients are connected to, and none says anything: `idle-process.ts <kind>`. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { defaultConfig, silentLog, startServer, systemClock } from '../../packages/server/src/index.ts';
import { answerQuestions, PartProcess } from '../harness/part-process.ts';
import { Sink } from '../harness/sink.ts';
import { TO_SESSION, TO_SUBSCRIPTION } from '../harness/stomp-steps.ts';

export type Kind = 'ours' | 'ws';

/** Connects so many more clients; `subscribed`: to the chat. */
export interface IdleQuestion {
  readonly clients: number;
  readonly subscribed: boolean;
}

/** What the process has in memory, in bytes, when all garbage is gone. */
export interface Memory {
  readonly resident: number;
  readonly heap: number;
}

export class IdleProcess extends PartProcess<IdleQuestion, Memory> {
  constructor(kind: Kind) {
    super(new URL(import.meta.url), [kind], `idle-${kind}`);
  }
}

interface IdleServer {
  readonly port: number;
  close(): Promise<void>;
}

async function startOurs(): Promise<IdleServer> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'rtd-bench-'));
  const config = defaultConfig({ dataDir, port: 0 });
  const server = await startServer(config, { clock: systemClock, randomBytes, log: silentLog() });
  return {
    port: server.port,
    async close() {
      await server.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function startWs(): Promise<IdleServer> {
  const server = createServer();
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (webSocket) => webSocket.on('message', () => webSocket.send('CONNECTED RECEIPT')));
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    async close() {
      for (const client of webSockets.clients) client.terminate();
      server.close();
    },
  };
}

async function settledMemory(): Promise<Memory> {
  for (let pass = 0; pass < 5; pass += 1) {
    globalThis.gc?.();
    await sleep(200);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, heap: heapUsed + external };
}

/** Clients between two collections of garbage: else what is left of opening them would be counted, too. */
const PER_COLLECTION = 500;

async function serve(kind: Kind): Promise<void> {
  const server = kind === 'ours' ? await startOurs() : await startWs();
  const sink = new Sink();
  answerQuestions<IdleQuestion, Memory>(
    async ({ clients, subscribed }) => {
      const steps = subscribed ? TO_SUBSCRIPTION : TO_SESSION;
      for (let left = clients; left > 0; left -= PER_COLLECTION) {
        await sink.connect(server.port, Math.min(left, PER_COLLECTION), steps);
        globalThis.gc?.();
      }
      return settledMemory();
    },
    async () => {
      await sink[Symbol.asyncDispose]();
      await server.close();
    },
  );
}

if (process.argv[1] === import.meta.filename) {
  const [kind] = process.argv.slice(2);
  if (kind !== 'ours' && kind !== 'ws') throw new Error(`nothing is called ${kind}`);
  await serve(kind);
}

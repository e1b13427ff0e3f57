/** A server on which much is said and traded, in a process of its own: what it costs must not delay the keys that are timed. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectChat, createHttpApi } from '@rtd/client';
import { limitsWith, TickerSymbol } from '@rtd/protocol';
import { defaultConfig, silentLog, startServer, systemClock } from '@rtd/server';
import { answerQuestions, PartProcess } from '../harness/part-process.ts';

export interface Traffic {
  readonly symbols: number;
  readonly ticksPerSecond: number;
  readonly messagesPerSecond: number;
}

/** Asked once: answers with its address as soon as the traffic flows. */
export class BusyServerProcess extends PartProcess<Traffic, string> {
  constructor() {
    super(new URL(import.meta.url), [], 'terminal-server');
  }
}

const TURN_MILLIS = 100;

async function serve(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-bench-terminal-'));
  const limits = limitsWith({ MESSAGES_PER_SECOND: 0, MESSAGE_BURST: 0 });
  const config = defaultConfig({ dataDir: folder, port: 0, limits });
  const server = await startServer(config, { clock: systemClock, randomBytes, log: silentLog() });
  const stop = new AbortController();
  let load: Promise<void> | undefined;
  answerQuestions<Traffic, string>(
    async (traffic) => {
      load = makeLoad(server.url, traffic, stop.signal);
      return server.url;
    },
    async () => {
      stop.abort();
      await load;
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  );
}

async function makeLoad(url: string, traffic: Traffic, signal: AbortSignal): Promise<void> {
  const { symbols, ticksPerSecond, messagesPerSecond } = traffic;
  const api = createHttpApi({ url });
  const chat = connectChat({ url, identity: { userId: 'bob' } });
  const perTurn = TURN_MILLIS / 1_000;
  for (let turn = 0; !signal.aborted; turn += 1) {
    const next = pause(TURN_MILLIS);
    const ticks = Array.from({ length: ticksPerSecond * perTurn }, (_, index) => ({
      symbol: TickerSymbol.parse(`S${(turn * 7 + index) % symbols}`),
      price: 100 + Math.sin((turn + index) / 9),
    }));
    await api.postTicks(ticks);
    for (let index = 0; index < messagesPerSecond * perTurn; index += 1) {
      chat.send({ content: `message ${index} of turn ${turn}, as long as people write them` });
    }
    await next;
  }
  await chat.close();
}

if (process.argv[1] === import.meta.filename) await serve();

/** A server on which much is said and traded, in a process of its own: what it costs must not delay the keys that are timed. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ChatSession, connectChat, createHttpApi } from '@rtd/client';
import { limitsWith, TickerSymbol } from '@rtd/protocol';
import { defaultConfig, silentLog, startServer, systemClock } from '@rtd/server';
import { answerQuestions, PartProcess } from '../harness/part-process.ts';

/** So much a second until the end. */
export interface Traffic {
  readonly kind: 'steady';
  readonly symbols: number;
  readonly ticksPerSecond: number;
  readonly messagesPerSecond: number;
}

/** So much as fast as it goes, and then one more message: `mark`. */
export interface Burst {
  readonly kind: 'burst';
  readonly symbols: number;
  readonly ticks: number;
  readonly messages: number;
  readonly mark: string;
}

/** Answers with the server's address: as soon as steady traffic flows, and when all of a burst is stored. */
export class BusyServerProcess extends PartProcess<Traffic | Burst, string> {
  constructor() {
    super(new URL(import.meta.url), [], 'terminal-server');
  }
}

/** Of a burst: each of them sends one message at a time. */
const SENDERS = 25;
const TICKS_A_POST = 500;
const TURN_MILLIS = 100;

async function serve(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-bench-terminal-'));
  const limits = limitsWith({ MESSAGES_PER_SECOND: 0, MESSAGE_BURST: 0 });
  const config = defaultConfig({ dataDir: folder, port: 0, limits });
  const server = await startServer(config, { clock: systemClock, randomBytes, log: silentLog() });
  const stop = new AbortController();
  let load: Promise<void> | undefined;
  let senders: readonly ChatSession[] = [];
  answerQuestions<Traffic | Burst, string>(
    async (wanted) => {
      if (wanted.kind === 'steady') load = makeLoad(server.url, wanted, stop.signal);
      else {
        if (senders.length === 0) senders = openSenders(server.url);
        await makeBurst(server.url, wanted, senders);
      }
      return server.url;
    },
    async () => {
      stop.abort();
      await load;
      await Promise.all(senders.map((sender) => sender.close()));
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  );
}

function openSenders(url: string): readonly ChatSession[] {
  return Array.from({ length: SENDERS }, (_, index) => connectChat({ url, identity: { userId: `bob-${index}` } }));
}

async function makeBurst(url: string, burst: Burst, senders: readonly ChatSession[]): Promise<void> {
  const { symbols, ticks, messages, mark } = burst;
  const api = createHttpApi({ url });
  const sent = Array.from({ length: messages - 1 }, (_, index) =>
    senders[index % SENDERS]?.send({ content: `message ${index} before ${mark}, as long as people write them` }),
  );
  for (let from = 0; from < ticks; from += TICKS_A_POST) {
    const post = Array.from({ length: Math.min(TICKS_A_POST, ticks - from) }, (_, index) => ({
      symbol: TickerSymbol.parse(`S${(from + index) % symbols}`),
      price: 100 + Math.sin((from + index) / 9),
    }));
    await api.postTicks(post);
  }
  for (const sending of sent) await sending?.settled;
  await senders[0]?.send({ content: mark }).settled;
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

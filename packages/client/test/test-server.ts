/** The real server on a free port and a data folder of its own, and what tests do to it besides its clients. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TickInput } from '@rtd/protocol';
import { parseConfig, type RunningServer, silentLog, startServer } from '@rtd/server';
import { createHttpApi } from '../src/index.ts';
import { type FastClock, fastClock } from './fast-clock.ts';

/** Servers and clients of these tests live that many times as fast, so that heart-beats fit on both sides. */
export const TEST_SPEED = 20;

export interface TestServer {
  readonly url: string;
  /** Says something in a conversation, as somebody. */
  say(content: string, userId?: string, conversationId?: string): Promise<number>;
  /** Ticks of one symbol with these prices. */
  tick(...prices: readonly number[]): Promise<void>;
  /** Stops it and starts it again, on the same port and data. */
  restart(whileDown?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function startTestServer(
  env: Readonly<Record<string, string>> = {},
  clock: FastClock = fastClock(TEST_SPEED),
): Promise<TestServer> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'rtd-client-'));
  const start = (port: number): Promise<RunningServer> => {
    const limits = { RTD_LIMIT_MESSAGES_PER_SECOND: '0', RTD_LIMIT_MESSAGE_BURST: '0' };
    const config = parseConfig({
      env: { RTD_PORT: String(port), RTD_DATA_DIR: dataDir, ...limits, ...env },
      platform: process.platform,
      homeDirectory: dataDir,
    });
    return startServer(config, { clock, randomBytes, log: silentLog() });
  };
  let server = await start(0);
  const { url } = server;
  return {
    url,
    say: async (content, userId = 'somebody', conversationId) => {
      const { seq } = await createHttpApi({ url, identity: { userId } }).postMessage({ content, conversationId });
      return seq;
    },
    tick: async (...prices) => {
      await createHttpApi({ url }).postTicks(prices.map((price) => TickInput.parse({ symbol: 'BTC', price })));
    },
    restart: async (whileDown) => {
      await server.close();
      await whileDown?.();
      server = await start(Number(new URL(url).port));
    },
    close: async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Everything at once, in this process: a server on its own files, a simulated market, and bots who talk about it. */
import { randomBytes } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createHttpApi } from '@rtd/client';
import { type Config, createLog, type RunningServer, startServer, systemClock } from '@rtd/server';
import { type Bots, runBots } from '../bots/run-bots.ts';
import { symbolsIn } from '../flags/symbols.ts';
import { feedMarket } from '../market-simulator/feed.ts';
import { DEFAULT_SYMBOLS } from '../market-simulator/instruments.ts';
import { openMarket } from '../market-simulator/open-market.ts';
import { randomFromSeed } from '../random.ts';

export interface EmbeddedOptions {
  readonly config: Config;
  readonly bots: boolean;
  /** Ticks a second; 0 for a market that stands still. */
  readonly rate: number;
}

export interface Embedded {
  readonly server: RunningServer;
  readonly dataDir: string;
  /** Beside the data; what the server has to say goes there, so that it is not written over the screen. */
  readonly logFile: string;
  /** Ends it all, the server last, so that nobody in here is cut off. */
  close(): Promise<void>;
}

/** Resolves when the server listens; prices and bots come right after. */
export async function startEmbedded({ config, bots, rate }: EmbeddedOptions): Promise<Embedded> {
  const { dataDir } = config;
  const logFile = path.join(dataDir, 'server.log');
  const log = createLog({ level: config.logLevel, format: 'json', destination: newFile(logFile) });
  const server = await startServer(config, { clock: systemClock, randomBytes, log });
  const ending = new AbortController();
  const prices = rate > 0 ? simulate(server.url, rate, ending.signal) : Promise.resolve();
  prices.catch((error: unknown) => log.error({ err: error }, 'the simulated market has ended'));
  const talk: Bots | undefined = bots
    ? runBots({ url: server.url, random: randomFromSeed(crypto.randomUUID()), now: Date.now })
    : undefined;
  return {
    server,
    dataDir,
    logFile,
    close: async () => {
      ending.abort();
      await Promise.allSettled([prices, talk?.close()]);
      await server.close();
    },
  };
}

async function simulate(url: string, rate: number, signal: AbortSignal): Promise<void> {
  const api = createHttpApi({ url });
  const symbols = symbolsIn(DEFAULT_SYMBOLS.join(','));
  const market = await openMarket(api, { symbols, rate, volatility: 1, seed: undefined }, Date.now);
  await feedMarket({ api, market, now: Date.now, signal });
}

/** Opened with the first line, which comes when the folder is known to be this server's own. */
function newFile(file: string): { write(line: string): void } {
  let descriptor: number | undefined;
  return {
    write: (line) => {
      descriptor ??= openSync(file, 'w', 0o600);
      writeSync(descriptor, line);
    },
  };
}

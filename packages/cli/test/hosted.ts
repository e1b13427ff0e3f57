/** A server within the process of the test: for tests of what talks to one. Those of `rtd serve` itself start the program. */
import { randomBytes } from 'node:crypto';
import { parseConfig, silentLog, startServer, systemClock } from '@rtd/server';
import { newFolder } from './running.ts';

export interface Hosted extends AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
}

/** On a free port, and in a new folder where none is given. */
export async function host(
  options: { readonly dataDir?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Hosted> {
  const { dataDir = newFolder(), env = {} } = options;
  const config = parseConfig({
    flags: { port: '0', 'data-dir': dataDir },
    env,
    platform: process.platform,
    homeDirectory: '/nowhere',
    terminal: false,
  });
  const server = await startServer(config, { clock: systemClock, randomBytes, log: silentLog() });
  return { url: server.url, dataDir, [Symbol.asyncDispose]: () => server.close() };
}

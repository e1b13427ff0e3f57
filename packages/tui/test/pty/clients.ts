/** Clients of one real server on pseudo-terminals, for the tests of a file. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHttpApi, type HttpApi } from '@rtd/client';
import { limitsWith } from '@rtd/protocol';
import { defaultConfig, type RunningServer, silentLog, startServer, systemClock } from '@rtd/server';
import { openPseudoTerminal, type PseudoTerminal } from './pseudo-terminal.ts';

export interface Clients extends AsyncDisposable {
  readonly server: RunningServer;
  /** Where programs keep what they compile, and tests what they like. */
  readonly folder: string;
  open(userId: string, columns?: number, rows?: number, env?: Record<string, string>): PseudoTerminal;
  /** The same, connected. */
  live(userId: string, columns?: number, rows?: number, env?: Record<string, string>): Promise<PseudoTerminal>;
  apiOf(userId: string): HttpApi;
  say(userId: string, content: string): Promise<void>;
  /** Ends those that were opened since `open` was empty. */
  end(terminals: readonly PseudoTerminal[]): Promise<void>;
}

const PROGRAM = path.join(import.meta.dirname, 'terminal-program.ts');

export async function openClients(): Promise<Clients> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-terminal-'));
  const limits = limitsWith({ MESSAGES_PER_SECOND: 0, MESSAGE_BURST: 0 });
  const config = defaultConfig({ dataDir: folder, port: 0, limits });
  const server = await startServer(config, { clock: systemClock, randomBytes, log: silentLog() });
  const opened: PseudoTerminal[] = [];
  const open: Clients['open'] = (userId, columns = 124, rows = 30, env = {}) => {
    const terminal = openPseudoTerminal({
      command: process.execPath,
      args: [PROGRAM, server.url, userId],
      columns,
      rows,
      env: { NODE_ENV: 'production', NODE_COMPILE_CACHE: path.join(folder, 'compiled'), ...env },
      timeoutMillis: 15_000,
    });
    opened.push(terminal);
    return terminal;
  };
  const apiOf = (userId: string): HttpApi => createHttpApi({ url: server.url, identity: { userId } });
  const end = async (terminals: readonly PseudoTerminal[]): Promise<void> => {
    for (const terminal of terminals) {
      try {
        terminal.kill('SIGKILL');
      } catch {
        // It has ended by itself.
      }
      await terminal.exited;
    }
  };
  return {
    server,
    folder,
    open,
    live: async (...args) => {
      const terminal = open(...args);
      await live(terminal);
      return terminal;
    },
    apiOf,
    say: async (userId, content) => {
      await apiOf(userId).postMessage({ content });
    },
    end,
    [Symbol.asyncDispose]: async () => {
      await end(opened);
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when both links are. */
export async function live(terminal: PseudoTerminal): Promise<void> {
  await terminal.until('both links live', (text) => text.split('● live').length === 3);
}

/** The terminal client as people start it, on a real pseudo-terminal, with what it tells of its own costs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openPseudoTerminal, type PseudoTerminal } from '../../packages/tui/test/pty/pseudo-terminal.ts';

/** What the client tells of itself, since its start. */
export interface Costs {
  readonly told: number;
  readonly cpuMillis: number;
  /** Writes to the terminal. */
  readonly frames: number;
  /** That reached it. */
  readonly ticks: number;
  /** After a collection. */
  readonly heapBytes: number;
}

export interface ClientOnTerminal extends AsyncDisposable {
  readonly screen: PseudoTerminal;
  costs(): Promise<Costs>;
}

const LEAVING_MILLIS = 5_000;

export async function openClient(
  url: string,
  which: 'conflated' | 'every-tick' = 'conflated',
): Promise<ClientOnTerminal> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-bench-terminal-'));
  const file = path.join(folder, 'costs.json');
  const program = path.join(import.meta.dirname, 'terminal-process.ts');
  // With --profile there is one of the client too.
  const flags = process.execArgv.map((flag) => flag.replace(/^(--cpu-prof-name)=.*/, '$1=terminal-client.cpuprofile'));
  const screen = openPseudoTerminal({
    command: process.execPath,
    args: [...flags, program, url, file, which],
    columns: 100,
    rows: 30,
    env: { NODE_ENV: 'production', COLORTERM: 'truecolor' },
    timeoutMillis: 60_000,
  });
  const read = async (): Promise<Costs | undefined> => {
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch {
      // Not there yet, or half written.
      return undefined;
    }
  };
  return {
    screen,
    costs: async () => {
      const told = (await read())?.told ?? 0;
      screen.kill('SIGUSR2');
      for (;;) {
        const now = await read();
        if (now !== undefined && now.told > told) return now;
        await pause(5);
      }
    },
    [Symbol.asyncDispose]: async () => {
      // As a user leaves: so that a profile is written.
      screen.type('\x15\x03');
      const stuck = setTimeout(() => screen.kill('SIGKILL'), LEAVING_MILLIS);
      await screen.exited;
      clearTimeout(stuck);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

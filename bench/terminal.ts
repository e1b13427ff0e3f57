/** What the terminal client costs while a lot happens, and how soon a key shows, on a real pseudo-terminal. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openPseudoTerminal, type PseudoTerminal } from '../packages/tui/test/pty/pseudo-terminal.ts';
import type { Benchmark, Row } from './harness/benchmark.ts';
import { BusyServerProcess } from './terminal/busy-server-process.ts';

/** What the client tells of itself, since its start. */
export interface Costs {
  readonly told: number;
  readonly cpuMillis: number;
  /** Writes to the terminal. */
  readonly frames: number;
  /** After a collection. */
  readonly heapBytes: number;
}

const SYMBOLS = 50;
const TICKS_A_SECOND = 500;
const MESSAGES_A_SECOND = 50;
const LEAVING_MILLIS = 5_000;

export const terminal: Benchmark = {
  title: `the terminal client at 100x30, ${TICKS_A_SECOND} ticks a second of ${SYMBOLS} symbols and ${MESSAGES_A_SECOND} messages a second`,
  naive: 'nothing to compare with: the targets are the promises',
  async run(pace) {
    const folder = await mkdtemp(path.join(tmpdir(), 'rtd-bench-terminal-'));
    await using server = new BusyServerProcess();
    const url = await server.ask({
      symbols: SYMBOLS,
      ticksPerSecond: TICKS_A_SECOND,
      messagesPerSecond: MESSAGES_A_SECOND,
    });
    const file = path.join(folder, 'costs.json');
    const program = path.join(import.meta.dirname, 'terminal/terminal-process.ts');
    const client = openPseudoTerminal({
      command: process.execPath,
      // With --profile there is one of the client too.
      args: [
        ...process.execArgv.map((flag) => flag.replace(/^(--cpu-prof-name)=.*/, '$1=terminal-client.cpuprofile')),
        program,
        url,
        file,
      ],
      columns: 100,
      rows: 30,
      env: { NODE_ENV: 'production', COLORTERM: 'truecolor' },
      timeoutMillis: 30_000,
    });
    try {
      await client.until('both links live', (text) => text.split('● live').length === 3);
      // What is compiled, and the first screens of history, are no cost of every day.
      await pause(pace.quick ? 4_000 : 15_000);
      const before = await costsOf(client, file);
      const began = performance.now();
      const echoes = await keysToEchoes(client, pace.quick ? 40 : 200);
      const seconds = (performance.now() - began) / 1_000;
      const after = await costsOf(client, file);
      const cpu = (after.cpuMillis - before.cpuMillis) / seconds / 10;
      const p99 = echoes[Math.min(echoes.length - 1, Math.floor(echoes.length * 0.99))] ?? Number.NaN;
      return {
        rows: [
          row('CPU', '% of a core', cpu, 15),
          row('key to echo, p50', 'ms', echoes[echoes.length >> 1] ?? Number.NaN),
          row('key to echo, p99', 'ms', p99, 30),
          row('writes to the terminal', '1/s', (after.frames - before.frames) / seconds),
          row('heap at the end', 'MB', after.heapBytes / 1e6),
          row('heap that came within the run', 'MB', (after.heapBytes - before.heapBytes) / 1e6),
        ],
        notes: [
          `${echoes.length} keys in ${seconds.toFixed(0)} s; a key is timed to the moment when the terminal shows it`,
          'a key is a write of its own: so many writes more than ten a second are the keys',
        ],
      };
    } finally {
      // As a user leaves: so that a profile is written.
      client.type('\x15\x03');
      const stuck = setTimeout(() => client.kill('SIGKILL'), LEAVING_MILLIS);
      await client.exited;
      clearTimeout(stuck);
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function row(what: string, unit: string, ours: number, atMost?: number): Row {
  const target = atMost === undefined ? undefined : { text: `<= ${atMost} ${unit}`, met: ours <= atMost };
  return { what, unit, ours, naive: undefined, comparison: '', target };
}

async function costsOf(client: PseudoTerminal, file: string): Promise<Costs> {
  const costs = async (): Promise<Costs | undefined> => {
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch {
      // Not there yet, or half written.
      return undefined;
    }
  };
  const told = (await costs())?.told ?? 0;
  client.kill('SIGUSR2');
  for (;;) {
    const now = await costs();
    if (now !== undefined && now.told > told) return now;
    await pause(5);
  }
}

/** Milliseconds from key to screen, the shortest first. */
async function keysToEchoes(client: PseudoTerminal, count: number): Promise<number[]> {
  const echoes: number[] = [];
  let typed = '';
  for (let index = 0; index < count; index += 1) {
    // A full line would scroll: it is emptied before.
    if (typed.length === 60) {
      client.type('\x15');
      typed = '';
      await client.until('an empty line', (text) => text.includes('› write to everybody'));
    }
    typed += String.fromCharCode(97 + (index % 26));
    const began = performance.now();
    client.type(typed.slice(-1));
    await client.until('the key', (text) => text.includes(`› ${typed}`));
    echoes.push(performance.now() - began);
    // Keys as people type them, at moments that have nothing to do with frames.
    await pause(50 + ((index * 37) % 100));
  }
  return echoes.sort((a, b) => a - b);
}

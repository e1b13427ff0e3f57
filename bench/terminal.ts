/** What the terminal client costs while a lot happens, and how soon a key shows, on a real pseudo-terminal. */
import { setTimeout as pause } from 'node:timers/promises';
import type { PseudoTerminal } from '../packages/tui/test/pty/pseudo-terminal.ts';
import type { Benchmark, Row } from './harness/benchmark.ts';
import { BusyServerProcess } from './terminal/busy-server-process.ts';
import { openClient } from './terminal/client-on-terminal.ts';

const SYMBOLS = 50;
const TICKS_A_SECOND = 500;
const MESSAGES_A_SECOND = 50;

export const terminal: Benchmark = {
  title: `the terminal client at 100x30, ${TICKS_A_SECOND} ticks a second of ${SYMBOLS} symbols and ${MESSAGES_A_SECOND} messages a second`,
  naive: 'nothing to compare with: the targets are the promises',
  async run(pace) {
    await using server = new BusyServerProcess();
    const url = await server.ask({
      kind: 'steady',
      symbols: SYMBOLS,
      ticksPerSecond: TICKS_A_SECOND,
      messagesPerSecond: MESSAGES_A_SECOND,
    });
    await using client = await openClient(url);
    await client.screen.until('both links live', (text) => text.split('● live').length === 3);
    // What is compiled, and the first screens of history, are no cost of every day.
    await pause(pace.quick ? 4_000 : 15_000);
    const before = await client.costs();
    const began = performance.now();
    const echoes = await keysToEchoes(client.screen, pace.quick ? 40 : 200);
    const seconds = (performance.now() - began) / 1_000;
    const after = await client.costs();
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
  },
};

function row(what: string, unit: string, ours: number, atMost?: number): Row {
  const target = atMost === undefined ? undefined : { text: `<= ${atMost} ${unit}`, met: ours <= atMost };
  return { what, unit, ours, naive: undefined, comparison: '', target };
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

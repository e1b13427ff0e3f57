/** What the terminal client costs while a lot happens, and how soon a key shows, on a real pseudo-terminal. */
import { setTimeout as pause } from 'node:timers/promises';
import { openPseudoTerminal, type PseudoTerminal } from '../packages/tui/test/pty/pseudo-terminal.ts';
import type { Benchmark, Row } from './harness/benchmark.ts';
import { BusyServerProcess } from './terminal/busy-server-process.ts';
import { openClient } from './terminal/client-on-terminal.ts';

const SYMBOLS = 50;
const TICKS_A_SECOND = 500;
const MESSAGES_A_SECOND = 50;

export const terminal: Benchmark = {
  title: `the terminal client at 100x30, ${TICKS_A_SECOND} ticks a second of ${SYMBOLS} symbols and ${MESSAGES_A_SECOND} messages a second`,
  naive: 'a program that does nothing but write back what is typed: what the machine and this benchmark take',
  async run(pace) {
    await using server = new BusyServerProcess();
    const url = await server.ask({
      kind: 'steady',
      symbols: SYMBOLS,
      ticksPerSecond: TICKS_A_SECOND,
      messagesPerSecond: MESSAGES_A_SECOND,
    });
    await using client = await openClient(url);
    const bare = openPseudoTerminal({
      command: process.execPath,
      args: ['-e', 'process.stdin.setRawMode(true).pipe(process.stdout)'],
      columns: 100,
      rows: 30,
    });
    using _ended = { [Symbol.dispose]: () => bare.kill('SIGKILL') };
    await client.screen.until('both links live', (text) => text.split('● live').length === 3);
    // What is compiled, and the first screens of history, are no cost of every day.
    await pause(pace.quick ? 4_000 : 15_000);
    const before = await client.costs();
    const began = performance.now();
    const { ours, naive } = await keysToEchoes(client.screen, bare, pace.quick ? 40 : 200);
    const seconds = (performance.now() - began) / 1_000;
    const after = await client.costs();
    const cpu = (after.cpuMillis - before.cpuMillis) / seconds / 10;
    return {
      rows: [
        row('CPU', '% of a core', cpu, 15),
        echoRow('key to echo, p50', 0.5, ours, naive),
        echoRow('key to echo, p99', 0.99, ours, naive, 30),
        row('writes to the terminal', '1/s', (after.frames - before.frames) / seconds),
        row('heap at the end', 'MB', after.heapBytes / 1e6),
        row('heap that came within the run', 'MB', (after.heapBytes - before.heapBytes) / 1e6),
      ],
      notes: [
        `${ours.length} keys in ${seconds.toFixed(0)} s; a key is timed to the moment when the terminal shows it`,
        'a key is a write of its own: so many writes more than ten a second are the keys',
      ],
    };
  },
};

function row(what: string, unit: string, ours: number, atMost?: number): Row {
  const target = atMost === undefined ? undefined : { text: `<= ${atMost} ${unit}`, met: ours <= atMost };
  return { what, unit, ours, naive: undefined, comparison: '', target };
}

function echoRow(what: string, part: number, ours: readonly number[], naive: readonly number[], atMost?: number): Row {
  const at = (echoes: readonly number[]): number =>
    echoes.toSorted((a, b) => a - b)[Math.min(echoes.length - 1, Math.floor(echoes.length * part))] ?? Number.NaN;
  const comparison = `+${(at(ours) - at(naive)).toFixed(1)} ms`;
  return { ...row(what, 'ms', at(ours), atMost), naive: at(naive), comparison };
}

/** Milliseconds from key to screen: of the client and, by turns, of a program that only echoes. */
async function keysToEchoes(
  client: PseudoTerminal,
  bare: PseudoTerminal,
  count: number,
): Promise<{ ours: number[]; naive: number[] }> {
  const ours: number[] = [];
  const naive: number[] = [];
  let typed = '';
  const timed = async (on: PseudoTerminal, shown: string): Promise<number> => {
    const began = performance.now();
    on.type(typed.slice(-1));
    await on.until('the key', (text) => text.includes(shown));
    return performance.now() - began;
  };
  bare.type('>');
  await bare.until('the program that only echoes', (text) => text.includes('>'));
  for (let index = 0; index < count; index += 1) {
    // A full line would scroll: it is emptied before.
    if (typed.length === 60) {
      client.type('\x15');
      bare.type('\r\n>');
      typed = '';
      await client.until('an empty line', (text) => text.includes('› write to everybody'));
    }
    typed += String.fromCharCode(97 + (index % 26));
    ours.push(await timed(client, `› ${typed}`));
    // Keys as people type them, at moments that have nothing to do with frames.
    await pause(25 + ((index * 37) % 50));
    naive.push(await timed(bare, `>${typed}`));
    await pause(25 + ((index * 23) % 50));
  }
  return { ours, naive };
}

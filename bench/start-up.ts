/** How long a command takes from starting the program to its end, Node included, as one waits for it at a prompt. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultConfig, silentLog, startServer, systemClock } from '../packages/server/src/index.ts';
import type { Benchmark, Row } from './harness/benchmark.ts';
import { onInterruption } from './harness/interruption.ts';
import { median } from './harness/rounds.ts';

const RUNS = 40;
const QUICK_RUNS = 20;
const RTD = path.join(import.meta.dirname, '../packages/cli/bin/rtd.js');

/** What is run, and how long it may take (milliseconds). */
const COMMANDS = [
  { what: 'rtd --version', words: [RTD, '--version'], mostMillis: 120 },
  { what: 'rtd send', words: [RTD, 'send', 'Hello', '--name', 'bench'], mostMillis: 400 },
] as const;
const NOTHING = ['-e', '0'] as const;

export const startUp: Benchmark = {
  title: 'Start of the command line, from starting the program to its end',
  naive: '`node -e 0`: starting Node, and nothing',
  async run(pace) {
    const folder = await mkdtemp(path.join(tmpdir(), 'rtd-bench-'));
    const ambient = { clock: systemClock, randomBytes: (count: number) => randomBytes(count), log: silentLog() };
    const server = await startServer(defaultConfig({ dataDir: path.join(folder, 'data'), port: 0 }), ambient);
    const close = async (): Promise<void> => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    };
    const forget = onInterruption(close);
    try {
      const env = { PATH: process.env.PATH ?? '', HOME: folder, RTD_URL: server.url };
      const runs = pace.quick ? QUICK_RUNS : RUNS;
      const programs = [NOTHING, ...COMMANDS.map(({ words }) => words)];
      const times = programs.map((): number[] => []);
      // By turns, so that whatever else the machine does hits all; the first round reads the files into memory.
      for (let run = -1; run < runs; run += 1) {
        for (const [index, words] of programs.entries()) {
          const millis = await timeOf(words, env);
          if (run >= 0) times[index]?.push(millis);
        }
      }
      const [nothing = [], ...ours] = times;
      return {
        rows: COMMANDS.flatMap((command, index) => rowsOf(command, ours[index] ?? [], nothing)),
        notes: [`${runs} runs of each, by turns; the server of "rtd send" runs all the time, on the same machine`],
      };
    } finally {
      forget();
      await close();
    }
  },
};

/** Milliseconds until it has ended. @throws Error for an exit code other than 0 */
async function timeOf(words: readonly string[], env: Record<string, string>): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${words.join(' ')} ended with exit code ${code}`);
  return performance.now() - start;
}

function rowsOf(
  { what, mostMillis }: (typeof COMMANDS)[number],
  ours: readonly number[],
  nothing: readonly number[],
): readonly Row[] {
  return [
    { name: 'median', of: median },
    { name: 'p90', of: ninetieth },
  ].map(({ name, of }) => ({
    what: `${what}, ${name}`,
    unit: 'ms',
    ours: of(ours),
    naive: of(nothing),
    comparison: `${(of(ours) / of(nothing)).toFixed(1)}x`,
    target: { text: `<= ${mostMillis} ms`, met: of(ours) <= mostMillis },
  }));
}

/** What nine of ten are not above. */
function ninetieth(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.9) - 1] ?? Number.NaN;
}

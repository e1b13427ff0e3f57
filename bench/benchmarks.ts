/** The benchmarks by name, in the order in which they run. A file each. */
import { chatWay } from './chat-way.ts';
import { coldStart } from './cold-start.ts';
import { fanOut } from './fan-out.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { idleMemory } from './idle-memory.ts';
import { latency } from './latency.ts';
import { mysql } from './mysql.ts';
import { parser } from './parser.ts';
import { scroll } from './scroll.ts';
import { sqlite } from './sqlite.ts';
import { sse } from './sse.ts';
import { startUp } from './start-up.ts';
import { stuckReader } from './stuck-reader.ts';
import { terminal } from './terminal.ts';
import { terminalMemory } from './terminal-memory.ts';
import { twoServers } from './two-servers.ts';

export const BENCHMARKS: ReadonlyMap<string, Benchmark> = new Map([
  ['parser', parser],
  ['fan-out', fanOut],
  ['latency', latency],
  ['stuck-reader', stuckReader],
  ['sqlite', sqlite],
  ['sse', sse],
  ['chat-way', chatWay],
  ['mysql', mysql],
  ['two-servers', twoServers],
  ['cold-start', coldStart],
  ['start-up', startUp],
  ['idle-memory', idleMemory],
  ['terminal', terminal],
  ['terminal-memory', terminalMemory],
  ['scroll', scroll],
]);

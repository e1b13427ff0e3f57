/** The terminal client, and what it costs: `url file`. On SIGUSR2 it writes that into the file. */
import { writeFileSync } from 'node:fs';
import { runTerminal } from '@rtd/tui';
import type { Costs } from '../terminal.ts';

const [url = '', file = ''] = process.argv.slice(2);
const { stdin, stdout, stderr, env } = process;

let frames = 0;
const write = stdout.write.bind(stdout);
stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
  frames += 1;
  const [done] = rest.filter((one): one is () => void => typeof one === 'function');
  return write(chunk, done);
};

let told = 0;
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  told += 1;
  const costs: Costs = { told, cpuMillis: (user + system) / 1_000, frames, heapBytes: process.memoryUsage().heapUsed };
  writeFileSync(file, JSON.stringify(costs));
});

process.exitCode = await runTerminal({ url, identity: { userId: 'alice' }, stdin, stdout, stderr, env });

/**
 * The terminal client, and what it costs: `url file`. On SIGUSR2 it writes that into the file. With `every-tick` it asks for
 * each tick instead of the newest ten times a second.
 */
import { writeFileSync } from 'node:fs';
import { connectMarket, type MarketOptions, type MarketStream } from '@rtd/client';
import { runTerminal } from '@rtd/tui';
import type { Costs } from './client-on-terminal.ts';

const [url = '', file = '', which] = process.argv.slice(2);
const { stdin, stdout, stderr, env } = process;

let frames = 0;
const write = stdout.write.bind(stdout);
stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
  frames += 1;
  const [done] = rest.filter((one): one is () => void => typeof one === 'function');
  return write(chunk, done);
};

let ticks = 0;
const connectCounted = ({ conflateMillis, ...options }: MarketOptions): MarketStream => {
  const market = connectMarket(which === 'every-tick' ? options : { ...options, conflateMillis });
  market.on('tick', () => {
    ticks += 1;
  });
  return market;
};

let told = 0;
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  told += 1;
  const { heapUsed } = process.memoryUsage();
  const costs: Costs = { told, cpuMillis: (user + system) / 1_000, frames, ticks, heapBytes: heapUsed };
  writeFileSync(file, JSON.stringify(costs));
});

const identity = { userId: 'alice' };
process.exitCode = await runTerminal({ url, identity, stdin, stdout, stderr, env, connectMarket: connectCounted });

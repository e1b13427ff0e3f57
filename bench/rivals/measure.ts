/** One `rtd bench` against a running server, and what the server has used of the machine meanwhile. */
import { spawn } from 'node:child_process';
import { BenchResult } from '../../packages/cli/src/load/bench-result.ts';
import { onInterruption } from '../harness/interruption.ts';
import { BIN } from './ours.ts';
import type { RunningRival } from './rival.ts';
import { familyOf, type Usage, usageOf } from './server-process.ts';

const LOOK_EVERY_MILLIS = 100;
const LONGEST_MILLIS = 180_000;

export interface Measured {
  readonly result: BenchResult;
  /** The server's processor time, in seconds, while it was measured: the opening of connections is not in it. */
  readonly cpuSeconds: number;
  /** The server's memory before, and when the measuring was over. */
  readonly residentBefore: number;
  readonly residentAfter: number;
}

/** @throws Error with what `rtd bench` says, where it gives no result */
export async function measure({ pid, env }: RunningRival, words: readonly string[]): Promise<Measured> {
  const family = familyOf(pid);
  const seen: Usage[] = [usageOf(family)];
  const looking = setInterval(() => seen.push(usageOf(family)), LOOK_EVERY_MILLIS);
  try {
    const result = await bench(words, env);
    seen.push(usageOf(family));
    const from = Date.parse(result.measuredFrom ?? '');
    const to = from + result.seconds * 1_000;
    return {
      result,
      cpuSeconds: at(seen, to, 'cpuSeconds') - at(seen, from, 'cpuSeconds'),
      residentBefore: seen[0]?.residentBytes ?? Number.NaN,
      // A little before the end, when all are still there.
      residentAfter: at(seen, to - 2 * LOOK_EVERY_MILLIS, 'residentBytes'),
    };
  } finally {
    clearInterval(looking);
  }
}

function bench(words: readonly string[], env: RunningRival['env']): Promise<BenchResult> {
  const child = spawn(process.execPath, [BIN, 'bench', ...words, '--json'], {
    env: { ...process.env, ...env },
    timeout: LONGEST_MILLIS,
  });
  const forget = onInterruption(async () => void child.kill());
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      forget();
      try {
        resolve(BenchResult.parse(JSON.parse(stdout)));
      } catch {
        reject(new Error(`rtd bench ${words.join(' ')}: ${stderr.trim() || 'no result'}`));
      }
    });
  });
}

/** A figure at a moment between two looks, as if it had grown evenly from one to the other. */
function at(seen: readonly Usage[], moment: number, what: 'cpuSeconds' | 'residentBytes'): number {
  const next = seen.findIndex(({ at: when }) => when >= moment);
  const after = seen[next] ?? seen.at(-1);
  const before = seen[next - 1] ?? after;
  if (before === undefined || after === undefined) return Number.NaN;
  const share = after.at === before.at ? 0 : (moment - before.at) / (after.at - before.at);
  return before[what] + (after[what] - before[what]) * Math.min(1, Math.max(0, share));
}

/**
 * `npm run fuzz`, or `node packages/protocol/test/fuzz/run.ts [--seconds 60] [--seed 1]`.
 *
 * Each target runs in a worker thread, so that a hang is a find too. The seed is printed: the same one gives the same
 * cases. On a find: the target, the reason and the bytes in hex, and exit code 1. Run a case again with
 * `--target "STOMP parser" --hex 53454e44 --seed 7`, and keep it as a file in the corpus.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type FuzzRun, fuzz, TARGETS, tryCase } from './fuzz.ts';
import type { FuzzTarget } from './target.ts';

/** How long a worker may be silent before its case counts as a hang. */
const HANG_MILLIS = 10_000;
/** Cases between two signs of life. */
const REPORT_EVERY = 1_000;

interface Job {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
}

function targetCalled(name: string): FuzzTarget {
  const target = TARGETS.find((candidate) => candidate.name === name);
  if (target !== undefined) return target;
  throw new Error(`no target is called ${name}; there are ${TARGETS.map((known) => known.name).join(', ')}`);
}

function work({ target, seed, seconds }: Job): void {
  const end = performance.now() + seconds * 1_000;
  const run = fuzz(targetCalled(target), seed, (cases) => {
    if (cases % REPORT_EVERY === 0) parentPort?.postMessage(cases);
    return performance.now() < end;
  });
  parentPort?.postMessage(run);
}

/** Resolves with the run, or with the number of cases after which the worker fell silent. */
async function runInWorker(job: Job): Promise<FuzzRun | number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: job });
  let cases = 0;
  for (;;) {
    const silence = AbortSignal.timeout(HANG_MILLIS);
    try {
      const [message] = await once(worker, 'message', { signal: silence });
      if (typeof message !== 'number') return message;
      cases = message;
    } catch (thrown) {
      await worker.terminate();
      if (silence.aborted) return cases;
      throw thrown;
    }
  }
}

async function fuzzAll(seconds: number, seed: number): Promise<boolean> {
  process.stdout.write(`fuzzing ${TARGETS.length} targets for ${seconds} s with --seed ${seed}\n`);
  let clean = true;
  for (const { name } of TARGETS) {
    const run = await runInWorker({ target: name, seed, seconds: seconds / TARGETS.length });
    if (typeof run === 'number') {
      process.stdout.write(`${name}: HANG within the ${REPORT_EVERY} cases after case ${run}\n`);
      clean = false;
    } else if (run.find === undefined) {
      process.stdout.write(`${name}: ${run.cases} cases, none found, slowest ${run.slowestMillis.toFixed(1)} ms\n`);
    } else {
      const { reason, hex, seed: caseSeed } = run.find;
      process.stdout.write(
        `${name}: FOUND at case ${run.cases}: ${reason}\n--target "${name}" --seed ${caseSeed} --hex ${hex}\n`,
      );
      clean = false;
    }
  }
  process.stdout.write(`${clean ? 'clean' : 'FOUND'}: seed ${seed}\n`);
  return clean;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      target: { type: 'string' },
      hex: { type: 'string' },
    },
  });
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!(seconds > 0) || !Number.isSafeInteger(seed))
    throw new Error('--seconds takes a number above 0, --seed a whole one');
  return { ...values, seconds, seed };
}

async function main(): Promise<boolean> {
  const options = readArguments();
  if (options.hex === undefined) return fuzzAll(options.seconds, options.seed);
  const { reason, millis } = tryCase(targetCalled(options.target ?? ''), Buffer.from(options.hex, 'hex'), options.seed);
  process.stdout.write(`${reason ?? `fine, ${millis.toFixed(1)} ms`}\n`);
  return reason === undefined;
}

if (isMainThread) {
  try {
    process.exitCode = (await main()) ? 0 : 1;
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = 2;
  }
} else {
  work(workerData);
}

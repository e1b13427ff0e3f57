/**
 * `npm run bench [-- --only fan-out --quick --json --profile --write]`: every figure beside a naive version of the same, in one run.
 * Each benchmark gets a process of its own, so that none runs in the heap, or under the compiled code, of another.
 */
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BENCHMARKS } from './benchmarks.ts';
import type { BenchmarkResult, Pace } from './harness/benchmark.ts';
import { formatResult, machine } from './harness/report.ts';

const USAGE = `usage: npm run bench -- [options]
  --only <name>   one benchmark, or several with commas between them: ${[...BENCHMARKS.keys()].join(', ')}
  --quick         fewer and shorter rounds
  --json          one JSON object instead of tables
  --profile       a CPU profile of each, in .rtd/profiles
  --write         the tables into bench/results.md too
`;

const PROFILES = '.rtd/profiles';

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const names = values.only?.flatMap((list) => list.split(',')) ?? [...BENCHMARKS.keys()];
    const unknown = names.find((name) => !BENCHMARKS.has(name));
    if (unknown !== undefined) throw new Error(`no benchmark is called ${unknown}`);
    return { ...values, names };
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n${USAGE}`);
    process.exit(2);
  }
}

/** Runs one benchmark in a process of its own. */
function measure(name: string, pace: Pace, profile: boolean): Promise<BenchmarkResult> {
  const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`, `--cpu-prof-name=${name}.cpuprofile`] : [];
  const child = fork(new URL('./measure-one.ts', import.meta.url), [name, JSON.stringify(pace)], {
    execArgv: [...process.execArgv, '--expose-gc', ...flags],
  });
  return new Promise((resolve, reject) => {
    let result: BenchmarkResult | undefined;
    child.once('message', (message) => {
      // The child is our own measure-one.ts, and this is all that it ever sends.
      result = message as BenchmarkResult;
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (result === undefined || code !== 0) reject(new Error(`${name} ended with exit code ${code}`));
      else resolve(result);
    });
  });
}

const options = readArguments();
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (options.profile) mkdirSync(PROFILES, { recursive: true });
const pace: Pace = options.quick
  ? { quick: true, rounds: 3, roundMillis: 300 }
  : { quick: false, rounds: 7, roundMillis: 1_000 };
const measuredOn = machine();
const results: Record<string, BenchmarkResult> = {};
const tables: string[] = [];
if (!options.json) process.stdout.write(`${measuredOn}\n\n`);
for (const [name, benchmark] of BENCHMARKS) {
  if (!options.names.includes(name)) continue;
  try {
    const result = await measure(name, pace, options.profile);
    results[name] = result;
    const table = formatResult(benchmark, result);
    tables.push(table);
    if (!options.json) process.stdout.write(`${table}\n`);
  } catch (thrown) {
    process.stderr.write(`${name} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = 1;
  }
}
if (options.json) process.stdout.write(`${JSON.stringify({ machine: measuredOn, results }, undefined, 2)}\n`);
if (options.write) {
  const text = `# The last results\n\nWritten by \`npm run bench -- --write\`; [README.md](README.md) says how to read them.\n\n\`\`\`text\n${measuredOn}\n\n${tables.join('\n')}\`\`\`\n`;
  writeFileSync(new URL('./results.md', import.meta.url), text);
}

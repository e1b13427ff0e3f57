/**
 * One load test from the command line to its exit code: checks that it may be done, shows how it goes, and prints what was
 * measured, also where it was interrupted.
 */
import { readFileSync } from 'node:fs';
import { EXIT, Failure, UsageError } from '../failure.ts';
import { onInterrupt } from '../interruption.ts';
import { colourLevel } from '../output/colour-level.ts';
import { jsonLine } from '../output/lines.ts';
import { createStatusLine } from '../output/status-line.ts';
import { type BenchMode, BenchResult, foundFaults, resultOf } from './bench-result.ts';
import { meterClient } from './client-meter.ts';
import { compareResults, comparisonLines } from './compare-results.ts';
import { LiveLine } from './live-line.ts';
import { LoadRun, type RunEnd } from './load-run.ts';
import { resultLines } from './result-lines.ts';
import { checkOpenFiles, openFilesLimit, refuseStrangers } from './server-address.ts';
import type { LoadSettings } from './settings.ts';

const LIVE_EVERY_MILLIS = 500;

export interface Bench<Settings extends LoadSettings> {
  readonly mode: BenchMode;
  readonly settings: Settings;
  /** How many connections it will have at a time. */
  readonly sockets: number;
  readonly flags: {
    readonly json: boolean;
    readonly compare?: string | undefined;
    readonly 'i-own-this-server': boolean;
  };
  /** As the result names them. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  run(run: LoadRun, settings: Settings): Promise<RunEnd>;
}

/** Runs it, prints the result and sets the exit code. @throws UsageError, Failure before anything was measured */
export async function runBench<Settings extends LoadSettings>(
  bench: Bench<Settings>,
  process: NodeJS.Process,
): Promise<void> {
  const { mode, settings, flags, options } = bench;
  refuseStrangers(settings.target, flags['i-own-this-server']);
  checkOpenFiles(bench.sockets, openFilesLimit(process.report));
  const before = flags.compare === undefined ? undefined : readResult(flags.compare);
  const level = colourLevel(process.env);
  const startedAt = new Date().toISOString();
  using interruption = onInterrupt(process);
  using meter = meterClient(process);
  const run = new LoadRun({ signal: interruption.signal, meter, random: Math.random });

  const end = await shown(run, process, level, () => bench.run(run, settings));
  const url = settings.target.given;
  const began = run.tally.connect.count > 0 && !Number.isNaN(run.startedAt);
  if (!began && !interruption.signal.aborted) throw nothingOpened(settings, run);
  const result = resultOf({ mode, url, startedAt, options }, run, end);
  const comparison = before === undefined ? undefined : compareResults(before, result);
  if (flags.json) {
    process.stdout.write(`${jsonLine(comparison === undefined ? result : { ...result, comparison })}\n`);
  } else {
    const compared = comparison === undefined ? [] : ['', ...comparisonLines(comparison, level)];
    process.stdout.write(`${[...resultLines(result, level), ...compared].join('\n')}\n`);
  }
  if (interruption.signal.aborted) process.exitCode = interruption.exitCode;
  else if (foundFaults(result)) process.exitCode = EXIT.failed;
}

/** Runs `action`, and shows on a terminal how it goes. */
async function shown<Result>(
  run: LoadRun,
  { stderr }: NodeJS.Process,
  level: 0 | 1 | 2 | 3,
  action: () => Promise<Result>,
): Promise<Result> {
  if (stderr.isTTY !== true) return action();
  const status = createStatusLine(stderr);
  const live = new LiveLine(run, level, performance.now());
  const show = (): void => status.now(live.next(performance.now(), stderr.columns ?? 80));
  const timer = setInterval(show, LIVE_EVERY_MILLIS);
  try {
    return await action();
  } finally {
    clearInterval(timer);
    status.clear();
  }
}

function nothingOpened({ target, connections }: LoadSettings, { tally }: LoadRun): Failure {
  const why = (tally.reasons[0]?.reason ?? 'nobody answered').replace(/[.\s]+$/, '');
  return new Failure(
    `Not one of ${connections} connections to ${target.given} could be opened: ${why}. "rtd doctor --url ${target.given}" looks for the reason.`,
  );
}

/** @throws UsageError where the file has no result. */
function readResult(file: string): BenchResult {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--compare: ${file} cannot be read${codeOf(error)}. It takes a file that --json has written.`);
  }
  try {
    return BenchResult.parse(JSON.parse(text));
  } catch {
    throw new UsageError(`--compare: ${file} is no result of "rtd bench … --json".`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
}

/**
 * Runs checks in the order that they are given in. One that is slow by nature does not hold up those behind it; results
 * come out in the order of the checks all the same. A check whose ground is missing is skipped with the reason.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isThisMachine } from '../wire/target.ts';
import { type Check, type CheckResult, type Finding, fail, skip } from './check.ts';
import type { Surroundings } from './surroundings.ts';

/** Whatever a check waits for itself, after this it is given up. */
const LONGEST_MILLIS = 120_000;
/** Where each check has a section. */
const PAGE = 'docs/troubleshooting.md';

export interface CheckWatcher {
  began(check: Check): void;
  /** In the order of the checks. */
  ended(result: CheckResult): void;
}

export interface RunOptions {
  readonly fix: boolean;
  readonly watcher: CheckWatcher;
  /** Makes texts fit to be shown: no secret may stay in them. */
  readonly clean: (text: string) => string;
}

/** Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  surroundings: Surroundings,
  { fix, watcher, clean }: RunOptions,
): Promise<readonly CheckResult[]> {
  const results = new Map<string, Promise<CheckResult>>();
  const blocked = new Map<string, string>();
  let told: Promise<unknown> = Promise.resolve();
  for (const check of checks) {
    const result = resultOf(check, surroundings, { fix, watcher, clean, earlier: results, blocked });
    results.set(check.id, result);
    const before = told;
    told = result.then(async (ended) => {
      await before;
      watcher.ended(ended);
    });
    if (check.slow !== true) await result;
  }
  await told;
  return await Promise.all(results.values());
}

interface Run extends RunOptions {
  readonly earlier: ReadonlyMap<string, Promise<CheckResult>>;
  /** Checks that could not be made -> the failure that all of it goes back to. */
  readonly blocked: Map<string, string>;
}

async function resultOf(check: Check, surroundings: Surroundings, run: Run): Promise<CheckResult> {
  const { id, stretch, title } = check;
  const missing = await missingGround(check, surroundings, run);
  if (missing === undefined) run.watcher.began(check);
  const begun = performance.now();
  let finding = missing ?? (await findingOf(check, surroundings));
  let fixed: string | undefined;
  if (run.fix && (finding.status === 'fail' || finding.status === 'warn') && check.repair !== undefined) {
    fixed = await check
      .repair(surroundings)
      .catch((error: unknown) => `tried to mend it, and could not: ${textOf(error)}`);
    if (fixed !== undefined) {
      surroundings.forget();
      finding = await findingOf(check, surroundings);
    }
  }
  const { status, asked, answered, meaning } = finding;
  return {
    id,
    stretch,
    title,
    status,
    millis: Math.round((performance.now() - begun) * 10) / 10,
    asked: run.clean(asked),
    answered: run.clean(answered),
    meaning: run.clean(meaning),
    fix: finding.fix === undefined ? undefined : run.clean(finding.fix),
    fixed: fixed === undefined ? undefined : run.clean(fixed),
    link: `${PAGE}#${id}`,
  };
}

async function missingGround(
  check: Check,
  surroundings: Surroundings,
  { earlier, blocked }: Run,
): Promise<Finding | undefined> {
  if (check.local === true && !isThisMachine(surroundings.target)) {
    return skip(`The server is at ${surroundings.target.host}, which is another machine: run "rtd doctor" there.`);
  }
  if (check.http === true && surroundings.target.bareTcp) return skip('STOMP comes without HTTP there.');
  for (const id of check.needs ?? []) {
    const before = await earlier.get(id);
    const cause = before?.status === 'fail' ? id : blocked.get(id);
    if (cause === undefined) continue;
    blocked.set(check.id, cause);
    return skip(`It says nothing while ${cause} fails.`);
  }
  return undefined;
}

async function findingOf(check: Check, surroundings: Surroundings): Promise<Finding> {
  const giveUp = new AbortController();
  const late = pause(LONGEST_MILLIS, undefined, { signal: giveUp.signal, ref: false }).then(
    () =>
      fail(
        { asked: check.title, answered: `nothing for ${LONGEST_MILLIS / 1_000} s` },
        'It took too long and was given up.',
        undefined,
      ),
    () => skip(''),
  );
  try {
    return await Promise.race([check.run(surroundings), late]);
  } catch (error) {
    return fail({ asked: check.title, answered: textOf(error) }, 'It could not be found out.', undefined);
  } finally {
    giveUp.abort();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

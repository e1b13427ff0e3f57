/**
 * `/readyz`: whether this server should get clients. One line for the server, one a dependency. It is not ready while it
 * drains or while a dependency that it needs is down; one that it can do without is told as degraded.
 */
import { RtdError } from '@rtd/protocol';
import type { Clock } from '../clock.ts';

export interface Dependency {
  /** `store`, `bus`, … */
  readonly name: string;
  /** What it is here: `sqlite`, `redis`. */
  readonly technology: string;
  /** Without it the server is of no use. */
  readonly needed: boolean;
  /** Resolves when it answers. @throws RtdError whose message may be shown */
  check(): Promise<void>;
}

export interface Readiness {
  check(): Promise<{ readonly ready: boolean; readonly lines: readonly string[] }>;
}

/** A dependency that takes longer than this to say that it is there, is not. */
const PATIENCE_MILLIS = 2_000;

export function createReadiness(options: {
  dependencies: readonly Dependency[];
  isDraining(): boolean;
  clock: Clock;
}): Readiness {
  const { dependencies, isDraining, clock } = options;
  // However many ask at once, a dependency is asked once.
  let running: Promise<readonly Finding[]> | undefined;

  function findings(): Promise<readonly Finding[]> {
    running ??= Promise.all(dependencies.map((dependency) => look(dependency, clock))).finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    async check() {
      const found = await findings();
      const draining = isDraining();
      return {
        ready: !draining && found.every((finding) => finding.serves),
        lines: [draining ? 'server: draining' : 'server: ok', ...found.map((finding) => finding.line)],
      };
    },
  };
}

interface Finding {
  readonly serves: boolean;
  readonly line: string;
}

async function look(dependency: Dependency, clock: Clock): Promise<Finding> {
  const name = `${dependency.name} (${dependency.technology})`;
  const problem = await problemOf(dependency, clock);
  if (problem === undefined) return { serves: true, line: `${name}: ok` };
  const state = dependency.needed ? 'down' : 'degraded';
  return { serves: !dependency.needed, line: `${name}: ${state}: ${problem}` };
}

async function problemOf(dependency: Dependency, clock: Clock): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = clock.after(PATIENCE_MILLIS, () => late.resolve(`no answer within ${PATIENCE_MILLIS / 1_000} s`));
  const answer = dependency.check().then(
    () => undefined,
    (error: unknown) => (error instanceof RtdError ? error.message : 'it fails; the log has the reason'),
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    timer.cancel();
  }
}

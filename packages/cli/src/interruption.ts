/** Ctrl-C, for commands that have something to finish: the first asks them to, the second ends the process at once. */
import { constants } from 'node:os';

/** A signal that aborts when somebody wants an end. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** What a shell says of a process that ended by the signal that came: 130 for Ctrl-C, 143 for SIGTERM. 0 before. */
  readonly exitCode: number;
}

/** Listens for Ctrl-C, and for the end as supervisors ask for it, until disposed of. */
export function onInterrupt(process: NodeJS.Process): Interruption {
  return listening(process, ['SIGINT', 'SIGTERM']);
}

/** The same, and for that of closed windows. */
export function onStop(process: NodeJS.Process): Interruption {
  return listening(process, ['SIGINT', 'SIGTERM', 'SIGHUP']);
}

/** Stops the process as Ctrl-Z in a shell does; resolves when it goes on. */
export function untilResumed(process: NodeJS.Process): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGCONT', () => resolve());
    process.kill(process.pid, 'SIGSTOP');
  });
}

/** Ends the process with the signal's exit code, where a command does not listen itself: a container's first process ignores the others. */
export function endOnSignals(process: NodeJS.Process): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (process.listenerCount(name) === 1) process.exit(exitCodeOf(name));
    });
  }
}

/** The shells' way to say by which signal a process ended. */
function exitCodeOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}

function listening(process: NodeJS.Process, names: readonly NodeJS.Signals[]): Interruption {
  const controller = new AbortController();
  let exitCode = 0;
  const heard = (name: NodeJS.Signals): void => {
    exitCode = exitCodeOf(name);
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort();
  };
  for (const name of names) process.on(name, heard);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, heard);
    },
  };
}

/** Resolves when `signal` aborts, and at once when it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Timers cannot be set for longer; who waits that long asks again. */
const LONGEST_TIMER_MILLIS = 2_147_483_647;

/** Resolves after `millis` (at most 24 days), or when `signal` aborts if that is sooner. */
export function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || millis <= 0) {
      resolve();
      return;
    }
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, Math.min(millis, LONGEST_TIMER_MILLIS));
    signal.addEventListener('abort', over);
  });
}

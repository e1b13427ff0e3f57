/** Ctrl-C, for commands that have something to finish: the first asks them to, the second ends the process at once. */
import { constants } from 'node:os';

/** A signal that aborts when somebody wants an end. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

/** Listens for Ctrl-C until disposed of. */
export function onInterrupt(process: NodeJS.Process): Interruption {
  return listening(process, ['SIGINT']);
}

/** The same, and for the end as supervisors and closed windows ask for it. */
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

function listening(process: NodeJS.Process, names: readonly NodeJS.Signals[]): Interruption {
  const controller = new AbortController();
  const heard = (name: NodeJS.Signals): void => {
    // The shells' way to say by which signal a process ended.
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
    controller.abort();
  };
  for (const name of names) process.on(name, heard);
  return {
    signal: controller.signal,
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

/** Resolves after `millis`, or when `signal` aborts if that is sooner. */
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
    const timer = setTimeout(over, millis);
    signal.addEventListener('abort', over);
  });
}

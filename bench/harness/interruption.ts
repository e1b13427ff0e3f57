/**
 * What a benchmark has started that would outlive it is ended also where it does not come to its own end: on Ctrl-C, when
 * whoever started it is gone, and when it fails where nobody awaits.
 */
const cleanups = new Set<() => Promise<void>>();
let interrupted = false;

/** Has `cleanup` run on an interruption, until what this returns is called. */
export function onInterruption(cleanup: () => Promise<void>): () => void {
  cleanups.add(cleanup);
  return () => void cleanups.delete(cleanup);
}

/** To be called once, by the process of a benchmark. */
export function listenForInterruption(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(130));
  process.on('disconnect', () => interrupt(1));
  process.on('uncaughtException', (error) => {
    // What fails because it was interrupted says nothing.
    if (!interrupted) process.stderr.write(`${error.stack}\n`);
    interrupt(1);
  });
}

function interrupt(exitCode: number): void {
  if (interrupted) return;
  interrupted = true;
  void Promise.allSettled(Array.from(cleanups, (cleanup) => cleanup())).then(() => process.exit(exitCode));
}

/**
 * The keys of a replay on a terminal, and Ctrl-Z: space holds it and lets it go on, n goes to the next, + and - change the
 * speed, q ends it. Stopped by Ctrl-Z or by SIGTSTP it leaves the terminal as it was, and the past waits.
 */
import { untilResumed } from '../interruption.ts';
import type { Pacer } from './pacer.ts';

/** What the keys do, in a line. */
export const KEYS = 'space: pause, n: next, + -: speed, q: end';

/** Listens until disposed of. Keys count only where both ends are a terminal; a pager may want them otherwise. */
export function replayKeys(pacer: Pacer, process: NodeJS.Process): Disposable {
  const { stdin, stdout } = process;
  const keys = stdin.isTTY === true && stdout.isTTY === true;
  const stopped = (): void => {
    pacer.hold('stopped');
    if (keys) stdin.setRawMode(false);
    void untilResumed(process).then(() => {
      if (keys) stdin.setRawMode(true);
      pacer.release('stopped');
    });
  };
  const typed = (text: string): void => {
    for (const key of text) press(key, pacer, process);
  };
  process.on('SIGTSTP', stopped);
  if (keys) stdin.setRawMode(true).setEncoding('utf8').on('data', typed).resume();
  return {
    [Symbol.dispose]: () => {
      process.off('SIGTSTP', stopped);
      if (keys) stdin.off('data', typed).setRawMode(false).pause();
    },
  };
}

function press(key: string, pacer: Pacer, process: NodeJS.Process): void {
  switch (key) {
    case ' ':
      if (pacer.isHeld) pacer.release('paused');
      else pacer.hold('paused');
      return;
    case 'n':
      pacer.skip();
      return;
    case '+':
      pacer.speed *= 2;
      return;
    case '-':
      pacer.speed /= 2;
      return;
    case 'q':
    case '\u0003':
      process.kill(process.pid, 'SIGINT');
      return;
    case '\u001a':
      process.kill(process.pid, 'SIGTSTP');
      return;
    default:
  }
}

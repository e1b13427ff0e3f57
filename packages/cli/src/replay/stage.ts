/** What every replay has on a terminal: its pace, its keys, and a line that says what it waits for. */
import type { StatusLine } from '../output/status-line.ts';
import { Pacer, type PacerOptions } from './pacer.ts';
import { KEYS, replayKeys } from './replay-keys.ts';

export interface Stage extends Disposable {
  readonly pacer: Pacer;
}

export interface StageSurroundings {
  readonly process: NodeJS.Process;
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

/** Shorter waits are not worth a word. */
const NOTICED_MILLIS = 1_500;
const REFRESH_MILLIS = 250;

/** Until disposed of. */
export function openStage(
  pace: Pick<PacerOptions, 'speed' | 'maxGapMillis'>,
  { process, status, signal }: StageSurroundings,
): Stage {
  const pacer = new Pacer({ ...pace, monotonic: () => performance.now(), signal });
  const keys = replayKeys(pacer, process);
  let shown = '';
  const show = (): void => {
    const text = pacer.isHeld
      ? 'paused; space goes on'
      : pacer.waitMillis > NOTICED_MILLIS
        ? `next in ${inWords(pacer.waitMillis)} at ${pacer.speed}x   ${KEYS}`
        : '';
    if (text === '' && shown !== '') status.clear();
    if (text !== '' && text !== shown) status.now(text);
    shown = text;
  };
  const terminal = process.stderr.isTTY === true;
  const ticker = terminal ? setInterval(show, REFRESH_MILLIS) : undefined;
  return {
    pacer,
    [Symbol.dispose]: () => {
      clearInterval(ticker);
      keys[Symbol.dispose]();
    },
  };
}

/** `3 h 12 min`, `12 min`, `40 s`. */
export function inWords(millis: number): string {
  const seconds = Math.ceil(millis / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

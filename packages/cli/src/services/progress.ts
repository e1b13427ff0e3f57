/**
 * What happens while services start: a line for each step, and on a terminal one line below them that says, moment by
 * moment, what is being waited for.
 */
import type { ServiceName } from './native-service.ts';
import type { Watcher } from './services.ts';

const TICK_MILLIS = 200;

export interface ProgressScreen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress extends Watcher {
  /** Removes the live line. Repeating it is harmless. */
  close(): void;
}

interface Doing {
  readonly since: number;
  step: string;
}

/** `monotonic` in milliseconds. */
export function createProgress(screen: ProgressScreen, monotonic: () => number): Progress {
  const live = screen.isTTY === true;
  const doing = new Map<ServiceName, Doing>();
  const started = new Map<ServiceName, number>();
  const timer = live ? setInterval(draw, TICK_MILLIS) : undefined;
  let drawn = false;

  const seconds = (since: number): string => `${((monotonic() - since) / 1_000).toFixed(1)} s`;

  function clear(): void {
    if (drawn) screen.write('\r\x1b[2K');
    drawn = false;
  }

  function draw(): void {
    clear();
    const text = [...doing].map(([name, { since, step }]) => `${name} ${seconds(since)}: ${step}`).join('   ');
    if (text === '') return;
    screen.write(text.slice(0, (screen.columns ?? 80) - 1));
    drawn = true;
  }

  function line(name: ServiceName, text: string): void {
    clear();
    screen.write(`rtd: ${name.padEnd(5)}  ${text}\n`);
    if (live) draw();
  }

  function end(name: ServiceName, text: string): void {
    const since = started.get(name) ?? monotonic();
    doing.delete(name);
    line(name, `${text} after ${seconds(since)}`);
  }

  return {
    step(name, text) {
      const since = started.get(name) ?? monotonic();
      started.set(name, since);
      doing.set(name, { since, step: text });
      line(name, text);
    },
    ready: (name) => end(name, 'ready'),
    failed: (name) => end(name, 'failed'),
    close() {
      clearInterval(timer);
      clear();
    },
  };
}

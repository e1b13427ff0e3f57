/**
 * How findings look to a person: a line for what is well, all of the evidence for what is not. On a terminal a last line
 * says what is being looked at; elsewhere there are only whole lines.
 */
import { safeText } from '@rtd/tui/safe-text';
import { Chalk, type ColorSupportLevel } from 'chalk';
import type { Check, Status, Stretch } from './check.ts';
import type { DoctorReport } from './report.ts';
import type { CheckWatcher } from './run-checks.ts';

const HEADINGS: Readonly<Record<Stretch, string>> = {
  machine: 'This machine',
  backends: 'Backends',
  network: 'The way to the server',
  websocket: 'WebSocket',
  stomp: 'STOMP',
  stream: 'Event stream',
  fallbacks: 'Where WebSocket is blocked',
};
const MARKS: Readonly<Record<Status, string>> = { pass: '✔', warn: '!', fail: '✖', skip: '·' };
const TICK_MILLIS = 120;
const ID_WIDTH = 19;

export interface PrinterScreen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface PrinterOptions {
  readonly level: ColorSupportLevel;
  /** All of the evidence of what is well, too. */
  readonly verbose: boolean;
}

export interface Printer extends CheckWatcher {
  heading(text: string): void;
  /** Removes the live line and writes the last one. */
  end(verdict: DoctorReport['verdict']): void;
  /** Removes the live line. Repeating it is harmless. */
  close(): void;
}

export function createPrinter(screen: PrinterScreen, { level, verbose }: PrinterOptions): Printer {
  const colour = new Chalk({ level });
  const live = screen.isTTY === true;
  const running = new Map<string, { readonly title: string; readonly since: number }>();
  const timer = live ? setInterval(draw, TICK_MILLIS) : undefined;
  let drawn = false;
  let stretch: Stretch | undefined;
  /** Skipped for one and the same reason: told in one line. */
  let skipped: { readonly first: string; readonly meaning: string; count: number } | undefined;

  const paint: Readonly<Record<Status, (text: string) => string>> = {
    pass: colour.green,
    warn: colour.yellow,
    fail: colour.red,
    skip: colour.dim,
  };

  function clear(): void {
    if (drawn) screen.write('\r\x1b[2K');
    drawn = false;
  }

  function draw(): void {
    clear();
    if (running.size === 0) return;
    const text = [...running.values()]
      .map(({ title, since }) => `${title} ${((performance.now() - since) / 1_000).toFixed(1)} s`)
      .join(', ');
    screen.write(colour.dim(`  … ${text}`.slice(0, (screen.columns ?? 80) - 1)));
    drawn = true;
  }

  function line(text: string): void {
    clear();
    screen.write(`${text}\n`);
  }

  function tellSkipped(): void {
    if (skipped === undefined) return;
    const { first, meaning, count } = skipped;
    skipped = undefined;
    const more = count === 1 ? '' : ` +${count - 1}`;
    line(
      `  ${paint.skip(MARKS.skip)} ${paint.skip(`${first}${more}`.padEnd(ID_WIDTH))} ${colour.dim(safeText(meaning))}`,
    );
  }

  function detail(name: string, text: string, shown: (text: string) => string = (plain) => plain): void {
    for (const [index, each] of text.split('\n').entries()) {
      line(`      ${colour.dim((index === 0 ? name : '').padEnd(9))}${shown(safeText(each))}`);
    }
  }

  return {
    heading: (text) => line(text),
    began(check: Check) {
      running.set(check.id, { title: check.title, since: performance.now() });
      if (live) draw();
    },
    ended(result) {
      running.delete(result.id);
      const { id, status, asked, answered, meaning, fix, fixed, link, millis } = result;
      if (status !== 'skip' || meaning !== skipped?.meaning || result.stretch !== stretch) tellSkipped();
      if (result.stretch !== stretch) {
        stretch = result.stretch;
        line('');
        line(colour.bold(HEADINGS[stretch]));
      }
      if (status === 'skip') {
        skipped ??= { first: id, meaning, count: 0 };
        skipped.count += 1;
        return;
      }
      const brief = status === 'pass' ? answered : meaning;
      const took = millis >= 1_000 ? `  (${(millis / 1_000).toFixed(1)} s)` : '';
      const [first = ''] = brief.split('\n');
      const shown = safeText(first);
      line(`  ${paint[status](MARKS[status])} ${paint[status](id.padEnd(ID_WIDTH))} ${shown}${colour.dim(took)}`);
      if (fixed !== undefined) detail('fixed', fixed, colour.green);
      if (status === 'pass' && !verbose) return;
      detail('asked', asked);
      detail('answered', `${answered}${took === '' ? `  (${millis} ms)` : ''}`);
      if (status === 'pass') detail('means', meaning);
      if (fix !== undefined) detail('fix', fix, colour.cyan);
      detail('see', link, colour.dim);
    },
    end(verdict) {
      clearInterval(timer);
      tellSkipped();
      line('');
      line(`${verdict.ok ? colour.green('✔') : colour.red('✖')} ${colour.bold(safeText(verdict.text))}`);
    },
    close() {
      clearInterval(timer);
      clear();
    },
  };
}

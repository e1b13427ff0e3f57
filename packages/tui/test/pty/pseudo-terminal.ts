/**
 * A program on a real pseudo-terminal, and what a person in front of it would see: its bytes go through xterm's own
 * screen logic, and tests wait for what should stand there.
 */
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export interface PseudoTerminal {
  /** The screen now: a string a row, without trailing spaces. */
  screen(): string[];
  /** The screen as one string. */
  text(): string;
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  /** Everything that the program wrote so far. */
  readonly written: () => string;
  /** Types `keys`, as a keyboard would. */
  type(keys: string): void;
  /** Pastes `text`, as a terminal with bracketed paste does. */
  paste(text: string): void;
  resize(columns: number, rows: number): void;
  /** Resolves when `holds` is true of the screen; rejects with the screen when it does not come to it. */
  until(what: string, holds: (text: string, rows: readonly string[]) => boolean): Promise<void>;
  /** The exit code, or minus the number of the signal. */
  readonly exited: Promise<number>;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMillis?: number;
}

export function openPseudoTerminal(options: ProgramOptions): PseudoTerminal {
  const { columns, rows, timeoutMillis = 10_000 } = options;
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1_000 });
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TERM: 'xterm-256color', ...options.env };
  const program = spawn(options.command, [...options.args], { cols: columns, rows, env });
  const changed = new Set<() => void>();
  let written = '';
  program.onData((data) => {
    written += data;
    terminal.write(data, () => {
      for (const look of [...changed]) look();
    });
  });
  // What the terminal answers (cursor position reports and such) is for the program.
  terminal.onData((data) => program.write(data));
  const exited = new Promise<number>((resolve) => {
    program.onExit(({ exitCode, signal }) => {
      // What it wrote last may still be on its way through the screen.
      terminal.write('', () => resolve(signal === undefined || signal === 0 ? exitCode : -signal));
    });
  });

  const screen = (): string[] => {
    const { active } = terminal.buffer;
    return Array.from(
      { length: terminal.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '',
    );
  };
  const text = (): string => screen().join('\n');

  return {
    screen,
    text,
    terminal,
    written: () => written,
    type: (keys) => program.write(keys),
    paste: (pasted) => program.write(`\x1b[200~${pasted}\x1b[201~`),
    resize: (newColumns, newRows) => {
      terminal.resize(newColumns, newRows);
      program.resize(newColumns, newRows);
    },
    until: (what, holds) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!holds(text(), screen())) return;
          clearTimeout(timer);
          changed.delete(look);
          resolve();
        };
        const timer = setTimeout(() => {
          changed.delete(look);
          reject(new Error(`not within ${timeoutMillis} ms: ${what}. The screen:\n${text()}`));
        }, timeoutMillis);
        changed.add(look);
        look();
      }),
    exited,
    pid: program.pid,
    kill: (signal) => process.kill(program.pid, signal),
  };
}

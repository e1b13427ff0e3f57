/** The other screen of a terminal, drawn anew as a whole; the one before comes back however the program ends. */

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

export interface FullScreen extends Disposable {
  readonly columns: number;
  readonly rows: number;
  draw(rows: readonly string[]): void;
}

export interface FullScreenListener {
  onResize(): void;
  /** One key, or what a key sends: `q`, Ctrl-C as `\x03`. */
  onKey(key: string): void;
}

export function openFullScreen(process: NodeJS.Process, listener: FullScreenListener): FullScreen {
  const { stdin, stdout } = process;
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    process.off('exit', close);
    process.off('uncaughtExceptionMonitor', close);
    stdout.off('resize', listener.onResize);
    stdin.off('data', onData);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
  };
  const onData = (data: Buffer): void => listener.onKey(data.toString());
  process.on('exit', close);
  // What broke is told on the screen that was there before.
  process.on('uncaughtExceptionMonitor', close);
  stdout.on('resize', listener.onResize);
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  stdout.write(ENTER);
  return {
    get columns() {
      return stdout.columns ?? 80;
    },
    get rows() {
      return stdout.rows ?? 24;
    },
    draw: (rows) => {
      // In place and in one write: nothing flickers.
      if (open) stdout.write(`\x1b[H${rows.map((row) => `${row}\x1b[K`).join('\r\n')}\x1b[J`);
    },
    [Symbol.dispose]: close,
  };
}

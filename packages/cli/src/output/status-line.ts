/** Lines on stderr, and one line that is renewed in place where that is a terminal. */

export interface StatusLine {
  /** A line that stays. */
  line(text: string): void;
  /** What holds right now: takes the place of the last one on a terminal, and is a line elsewhere. */
  now(text: string): void;
  /** Takes the renewed line away, so that something else can be written to the same terminal. */
  clear(): void;
}

/** Every line that stays begins with `rtd: `. */
export function createStatusLine(stderr: NodeJS.WriteStream): StatusLine {
  let open = false;
  const inPlace = stderr.isTTY === true;
  return {
    line: (text) => {
      stderr.write(`${open ? '\n' : ''}rtd: ${text}\n`);
      open = false;
    },
    now: (text) => {
      stderr.write(inPlace ? `\r\x1b[2K${text}` : `rtd: ${text}\n`);
      open = inPlace;
    },
    clear: () => {
      if (open) stderr.write('\r\x1b[2K');
      open = false;
    },
  };
}

/** How far a long work is: a bar that is renewed in place on a terminal; else a line now and then. */

const WIDTH = 30;
const LINE_EVERY_MILLIS = 5_000;
const DRAW_EVERY_MILLIS = 50;

export interface ProgressBar {
  update(done: number): void;
  /** Removes the bar. */
  close(): void;
}

/** `messages  [==========                    ]  1,000 of 3,000`. `monotonic` in milliseconds. */
export function createProgressBar(
  screen: { readonly isTTY?: boolean | undefined; write(text: string): unknown },
  what: string,
  total: number,
  monotonic: () => number,
): ProgressBar {
  const inPlace = screen.isTTY === true;
  const every = inPlace ? DRAW_EVERY_MILLIS : LINE_EVERY_MILLIS;
  let wroteAt = inPlace ? Number.NEGATIVE_INFINITY : monotonic();
  let drawn = false;
  return {
    update(done) {
      if (monotonic() - wroteAt < every) return;
      wroteAt = monotonic();
      const figures = `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`;
      const filled = Math.round((WIDTH * done) / Math.max(total, 1));
      if (inPlace) screen.write(`\r\x1b[2K${what}  [${'='.repeat(filled).padEnd(WIDTH)}]  ${figures}`);
      else screen.write(`rtd: ${what}: ${figures}\n`);
      drawn = inPlace;
    },
    close() {
      if (drawn) screen.write('\r\x1b[2K');
      drawn = false;
    },
  };
}

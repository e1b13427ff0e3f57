/** How much of something longer is on the screen. */
export interface Page {
  /** Rows of a page. */
  readonly height: number;
  /** Rows of the whole. */
  readonly total: number;
  /** The last row from which a page is full. */
  readonly last: number;
}

export function pageOf(total: number, height: number): Page {
  return { height, total, last: Math.max(0, total - height) };
}

/** `3 to 12 of 40`, from row `row` (from 0) on; undefined where all of it is there. */
export function pageWords({ height, total, last }: Page, row: number): string | undefined {
  const first = Math.min(last, row);
  return last === 0 ? undefined : `${first + 1} to ${first + height} of ${total}`;
}

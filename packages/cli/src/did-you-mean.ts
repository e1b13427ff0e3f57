/** Finds what somebody meant who has typed a word wrong. */

/** The candidate that is nearest to `typed`, if one is near enough to be meant: about one slip in three letters. */
export function closest(typed: string, candidates: Iterable<string>): string | undefined {
  const word = typed.toLowerCase();
  let best: string | undefined;
  let fewest = Math.floor(word.length / 3) + 1;
  for (const candidate of candidates) {
    const slips = candidate.startsWith(word) && word.length > 1 ? 0.5 : distance(word, candidate.toLowerCase());
    if (slips >= fewest + (best === undefined ? 0.5 : 0)) continue;
    best = candidate;
    fewest = slips;
  }
  return best;
}

/** Slips between two words: a letter too many, missing, wrong, or two swapped (optimal string alignment). */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const wrong = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let slips = Math.min(wrong, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        slips = Math.min(slips, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(slips);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

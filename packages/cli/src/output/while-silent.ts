/** A line on stderr for who waits and does not know what for. */

/** An answer that takes longer than this is worth a word. */
const SILENCE_MILLIS = 3_000;

/** What `work` comes to. Should that take long, one line says what is waited for. */
export async function waitingFor<Result>(
  waitsFor: string,
  work: Promise<Result>,
  say: (line: string) => void = (line) => process.stderr.write(`rtd: ${line}\n`),
): Promise<Result> {
  const timer = setTimeout(() => say(`Still waiting for ${waitsFor}.`), SILENCE_MILLIS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** Writes lines as fast as the reader takes them: what is not taken yet waits here, not in memory without an end. */
import { once } from 'node:events';

/** Resolves when there is room for the next line. */
export async function printLine(stdout: NodeJS.WriteStream, line: string): Promise<void> {
  if (!stdout.write(`${line}\n`)) await once(stdout, 'drain');
}

/** Runs one preparing program to its end. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Command, ServiceError } from './native-service.ts';

const LIMIT_MILLIS = 300_000;
const KEPT_OUTPUT = 4_000;

/** @throws ServiceError with the end of what the program printed, when it fails. */
export async function runStep(what: string, { file, args }: Command, folder: string): Promise<void> {
  const program = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MILLIS });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
  };
  program.stdout.on('data', keep);
  program.stderr.on('data', keep);
  const code = await new Promise<number | null | Error>((resolve) => {
    program.once('error', resolve);
    program.once('close', resolve);
  });
  if (code === 0) return;
  const why = code instanceof Error ? code.message : `it ended with ${code ?? 'a signal'}`;
  throw new ServiceError(`${what} failed: ${why}.\n${output.trim()}`);
}

/** The first of `names` that is a program on the search path, or in the folders where servers usually are. */
export function findProgram(names: readonly string[], searchPath: string | undefined): string | undefined {
  const folders = [...(searchPath ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];
  for (const name of names) {
    for (const folder of folders.filter((each) => each !== '')) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here: the next folder may have it.
      }
    }
  }
  return undefined;
}

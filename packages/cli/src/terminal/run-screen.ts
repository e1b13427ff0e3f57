/**
 * The terminal client as the commands run it: with an outbox on disk, preferences, Ctrl-Z, and a crash that is told of on the
 * screen that was there before. Promises that the terminal is as it was, whatever breaks in the process.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { ChatTransport, ClientIdentity } from '@rtd/client';
import { RtdError } from '@rtd/protocol';
import type { ThemeChoice } from '@rtd/tui';
import { Failure } from '../failure.ts';
import { untilResumed } from '../interruption.ts';
import { type TerminalFiles, terminalFiles } from './terminal-files.ts';

export interface ScreenOptions {
  readonly process: NodeJS.Process;
  readonly url: string;
  readonly identity: ClientIdentity;
  readonly transport?: ChatTransport | undefined;
  /** What the outbox is for, besides the user: the server, by a name that stays. */
  readonly server: string;
  readonly ascii: boolean;
  readonly theme?: ThemeChoice | undefined;
  readonly signal: AbortSignal;
  /** Said on the screen when it opens. */
  readonly notes?: readonly string[] | undefined;
  /** Where more can be read when something breaks. */
  readonly logFile?: string | undefined;
}

/** How long a crashed client may take to put the screen back. */
const LAST_CHANCE_MILLIS = 3_000;

/** Resolves with the exit code. @throws Failure for whatever broke, after the screen is put back */
export async function runScreen(options: ScreenOptions): Promise<number> {
  const { process, url, identity, transport, ascii, theme } = options;
  const { env, stdin, stdout, stderr, platform } = process;
  const files = terminalFiles({ env, platform, homeDirectory: homedir() });
  const { filePreferences, runTerminal } = await import('@rtd/tui');
  const notes = [...(options.notes ?? [])];
  const device = await ownDevice(files, options.server, userOf(identity), notes);
  const crash = new AbortController();
  using guard = guarding(process, (error) => crash.abort(error));
  try {
    const code = await runTerminal({
      url,
      identity,
      transport,
      device: device?.name,
      outbox: device?.outbox,
      preferences: filePreferences(files.preferencesFile),
      ascii,
      theme,
      notes,
      stdin,
      stdout,
      stderr,
      env,
      signal: AbortSignal.any([options.signal, crash.signal]),
      suspend: () => untilResumed(process),
    });
    if (guard.thrown !== undefined) throw guard.thrown.error;
    return code;
  } catch (error) {
    if (error instanceof RtdError) throw error;
    throw told(error, files, options.logFile);
  } finally {
    device?.release();
  }
}

/** Undefined where there is nobody whose messages these would be the next time, or where they cannot be kept. */
async function ownDevice(files: TerminalFiles, server: string, userId: string | undefined, notes: string[]) {
  if (userId === undefined) return undefined;
  const { takeDevice } = await import('@rtd/tui');
  try {
    return await takeDevice(files.devicesFolder, server, userId);
  } catch (error) {
    notes.push(`Unsent messages will not survive the end of this: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Guests are somebody else each time. A token says who one is; the server is who checks it. */
function userOf({ userId, token }: ClientIdentity): string | undefined {
  if (userId !== undefined) return userId;
  if (typeof token !== 'string') return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const isSubject = typeof claims === 'object' && claims !== null && 'sub' in claims;
    return isSubject && typeof claims.sub === 'string' ? claims.sub : undefined;
  } catch {
    return undefined;
  }
}

interface Guard extends Disposable {
  readonly thrown: { readonly error: unknown } | undefined;
}

/** Takes what nobody caught, in place of who would print it over the screen and end the process. */
function guarding(process: NodeJS.Process, broken: (error: unknown) => void): Guard {
  const exceptions = process.listeners('uncaughtException');
  const rejections = process.listeners('unhandledRejection');
  let thrown: { readonly error: unknown } | undefined;
  const take = (error: unknown): void => {
    if (thrown !== undefined) return;
    thrown = { error };
    broken(error);
    setTimeout(() => process.exit(1), LAST_CHANCE_MILLIS).unref();
  };
  process.removeAllListeners('uncaughtException').on('uncaughtException', take);
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', take);
  return {
    get thrown() {
      return thrown;
    },
    [Symbol.dispose]: () => {
      process.off('uncaughtException', take);
      process.off('unhandledRejection', take);
      for (const listener of exceptions) process.on('uncaughtException', listener);
      for (const listener of rejections) process.on('unhandledRejection', listener);
    },
  };
}

function told(error: unknown, { crashFile }: TerminalFiles, logFile: string | undefined): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  const log = logFile === undefined ? '' : ` The server's log is ${logFile}.`;
  let where = '';
  try {
    mkdirSync(path.dirname(crashFile), { recursive: true, mode: 0o700 });
    writeFileSync(crashFile, `${new Date().toISOString()} ${stack}\n`, { mode: 0o600 });
    where = ` Where it broke is in ${crashFile}.`;
  } catch {
    // The message has to do.
  }
  return new Failure(`The terminal client broke: ${message}.${where}${log}`.replace('..', '.'), { cause: error });
}

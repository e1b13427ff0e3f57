/**
 * Runs `rtd` in the process of the test: the same built program with the same words, a hundred times cheaper than a process.
 * For commands that end by themselves. What only a process shows (signals, a terminal, a pipe that breaks, that nothing is
 * left running) is tested with `start` of running.ts.
 */
import { Console } from 'node:console';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { Readable, Writable } from 'node:stream';

export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Thrown where the program would have ended the process. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const require = createRequire(import.meta.url);

let busy = false;

/** Whether a call is under way: there is one environment, so there is one call at a time. */
export function isBusy(): boolean {
  return busy;
}

/** Runs it to its end. It sees this environment and no other, and `input` on its standard input. */
export async function call(
  words: readonly string[],
  { env, input }: { readonly env: Readonly<Record<string, string>>; readonly input: string },
): Promise<Called> {
  if (busy) throw new Error('another call is under way');
  busy = true;
  // The built one, loaded by Node and not by the test runner: its commands are found by their files.
  const { main }: typeof import('../dist/main.js') = require('../dist/main.js');
  const real = globalThis.process;
  const realConsole = globalThis.console;
  const outside = { ...real.env };
  const out = new Written();
  const err = new Written();
  const process = stageOf(real, words, { stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]), out, err });
  setEnvironment(real, { ...env, NODE_ENV: 'production' });
  globalThis.process = process;
  // oclif prints through it.
  globalThis.console = new Console({ stdout: out, stderr: err });
  try {
    await main(process);
    return { code: Number(process.exitCode ?? 0), stdout: out.text, stderr: err.text };
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    return { code: error.code, stdout: out.text, stderr: err.text };
  } finally {
    globalThis.process = real;
    globalThis.console = realConsole;
    setEnvironment(real, outside);
    busy = false;
  }
}

interface Streams {
  readonly stdin: Readable;
  readonly out: Writable;
  readonly err: Writable;
}

/** The process as the program sees it: all of the real one, but for what a call has for itself. */
function stageOf(real: NodeJS.Process, words: readonly string[], { stdin, out, err }: Streams): NodeJS.Process {
  const heard = new EventEmitter();
  return Object.create(real, {
    argv: { value: [real.execPath, 'rtd', ...words] },
    stdin: { value: stdin },
    stdout: { value: out },
    stderr: { value: err },
    exitCode: { value: undefined, writable: true },
    exit: {
      value: (code = 0) => {
        throw new Exit(code);
      },
    },
    ...Object.fromEntries(
      (['on', 'once', 'off', 'addListener', 'removeListener', 'listenerCount', 'emit'] as const).map((name) => [
        name,
        { value: heard[name].bind(heard) },
      ]),
    ),
  });
}

function setEnvironment(real: NodeJS.Process, env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(real.env)) delete real.env[name];
  for (const [name, value] of Object.entries(env)) if (value !== undefined) real.env[name] = value;
}

/** Standard output that is no terminal. */
class Written extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(piece);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }
}

/** Runs the real program, as a person or a script does: the built bin in a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { call, isBusy } from './called.ts';
import { children } from './children.ts';

export const BIN = path.join(import.meta.dirname, '../bin/rtd.js');

export interface Ended {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: string;
  readonly stderr: string;
  /** The first match in what it has written to either; waits for it. Rejects when it ends without. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

export interface How {
  readonly env?: Readonly<Record<string, string>>;
  /** What it gets on standard input; nothing when left out. `open` keeps it open, to be written to. */
  readonly input?: string | 'open';
  readonly nodeOptions?: readonly string[];
}

/** A folder of its own for a test; the system clears it away. */
export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'rtd-cli-'));
}

/** Of no setting of whoever runs the tests. */
function environment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: newFolder(), TZ: 'UTC', ...env };
}

/** Starts `rtd` with these words, and with no setting of whoever runs the tests. */
export function start(words: readonly string[], how: How = {}): Running {
  const child = spawn(process.execPath, [...(how.nodeOptions ?? []), BIN, ...words], {
    env: environment(how.env),
  });
  children.add(child);
  if (how.input !== 'open') child.stdin.end(how.input ?? '');
  // A program that ends without reading all of its input is no failure of the test.
  child.stdin.on('error', () => undefined);
  const written = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    children.delete(child);
    return { code: code ?? undefined, signal: signal ?? undefined, ...written };
  });
  return {
    child,
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(written.stdout) ?? pattern.exec(written.stderr);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(({ code, signal }) => {
          waiting.delete(look);
          reject(new Error(`ended with ${code ?? signal} before ${pattern}:\n${written.stdout}\n${written.stderr}`));
        });
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs it to its end: in this process where that shows the same, which is much cheaper. */
export function rtd(words: readonly string[], how: How = {}): Promise<Ended> {
  const { env, input = '' } = how;
  if (isBusy() || input === 'open' || how.nodeOptions !== undefined) return start(words, how).ended;
  return call(words, { env: environment(env), input }).then((called) => ({ ...called, signal: undefined }));
}

export interface Server extends Running {
  readonly url: string;
  readonly dataDir: string;
}

/** `rtd serve`, ready; on a free port and in a new folder when none are given. */
export async function serve(
  options: { port?: number; dataDir?: string; env?: Record<string, string> } = {},
): Promise<Server> {
  const dataDir = options.dataDir ?? newFolder();
  const words = ['serve', '--port', String(options.port ?? 0), '--data-dir', dataDir, '--log-format', 'json'];
  const running = start(words, { env: options.env ?? {} });
  const [, url = ''] = await running.until(/"url":"(http:[^"]+)"/);
  return Object.assign(running, { url, dataDir });
}

/** A web server that is none of ours; its address. */
export async function webServer(): Promise<{ url: string; port: number } & AsyncDisposable> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

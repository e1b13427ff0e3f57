/** A real nginx on the configuration that is shipped: other ports and folders, everything else as it is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../src/services/free-port.ts';
import { findProgram } from '../../src/services/run-step.ts';

const SHIPPED = path.join(import.meta.dirname, '../../../../deploy/nginx.conf');
const START_MILLIS = 10_000;

/** Undefined where it is not installed; then that is said aloud, and with RTD_TEST_SERVICES=required it is an error. */
export function nginxProgram(): string | undefined {
  const found = findProgram(['nginx'], process.env.PATH);
  if (found !== undefined) return found;
  if (process.env.RTD_TEST_SERVICES === 'required') throw new Error('nginx is not installed, and it is required.');
  process.stderr.write('\nSKIPPED: everything that needs nginx, which is not installed.\n');
  return undefined;
}

export interface Nginx {
  readonly url: string;
  readonly port: number;
  accessLog(): string;
  close(): Promise<void>;
}

/** `servers`: the ports that take the places of server-1 and server-2. */
export async function startNginx(program: string, servers: readonly [number, number]): Promise<Nginx> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtd-nginx-'));
  const port = await freePort();
  const accessLog = path.join(folder, 'access.log');
  const replacements = [
    ['server server-1:8080', `server 127.0.0.1:${servers[0]}`],
    ['server server-2:8080', `server 127.0.0.1:${servers[1]}`],
    ['listen 8080', `listen 127.0.0.1:${port}`],
    ['/dev/stdout', accessLog],
    ...['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => [`/tmp/nginx-${name}`, path.join(folder, name)]),
  ] as const;
  let text = readFileSync(SHIPPED, 'utf8');
  for (const [from = '', to = ''] of replacements) {
    if (!text.includes(from)) throw new Error(`nginx.conf has no ${from} any more`);
    text = text.replace(from, to);
  }
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, text);
  // Root's workers would be another user, who may not enter the folder.
  const user = userInfo().uid === 0 ? 'user root;' : '';
  const directives = `daemon off; ${user} pid ${path.join(folder, 'nginx.pid')}; error_log stderr warn;`;
  const child = spawn(program, ['-p', folder, '-c', file, '-g', directives], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const ended = once(child, 'close');
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + START_MILLIS; !(await listens(port)); await pause(20)) {
    if (child.exitCode === null && Date.now() < deadline) continue;
    await close();
    throw new Error(`nginx did not start:\n${said}`);
  }
  return { url: `http://127.0.0.1:${port}`, port, accessLog: () => readFileSync(accessLog, 'utf8'), close };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

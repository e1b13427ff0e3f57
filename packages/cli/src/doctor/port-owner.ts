/** Which program listens on a port of this machine. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

export interface PortOwner {
  readonly pid: number;
  /** Its command line, or its name where that is all one may know. */
  readonly command: string;
}

const LISTENING = '0A';
const ASK_MILLIS = 2_000;

/** Undefined where it cannot be found out: another user's program, mostly. Never rejects. */
export async function ownerOfPort(port: number, platform: string): Promise<PortOwner | undefined> {
  return platform === 'linux' ? ownerInProc(port) : await ownerByLsof(port);
}

/** proc(5), `/proc/net/tcp`: local address, state and inode of each socket. */
function ownerInProc(port: number): PortOwner | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(file, port)));
  if (inodes.size === 0) return undefined;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !holdsOne(name, inodes)) continue;
    return { pid: Number(name), command: commandOf(name) };
  }
  return undefined;
}

function listeningInodes(file: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return orNothing(() => readFileSync(file, 'utf8'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${wanted}`) === true && fields[3] === LISTENING)
    .map((fields) => `socket:[${fields[9] ?? ''}]`);
}

function holdsOne(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) =>
      inodes.has(orNothing(() => readlinkSync(`/proc/${pid}/fd/${fd}`))),
    );
  } catch {
    // It has ended, or is somebody else's.
    return false;
  }
}

function commandOf(pid: string): string {
  const line = orNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  return line === ''
    ? orNothing(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).trim()
    : line.split('\0').join(' ').trim().slice(0, 120);
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

async function ownerByLsof(port: number): Promise<PortOwner | undefined> {
  try {
    const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
    const { stdout } = await promisify(execFile)('lsof', args, { timeout: ASK_MILLIS });
    const pid = /^p(\d+)$/m.exec(stdout)?.[1];
    return pid === undefined ? undefined : { pid: Number(pid), command: /^c(.*)$/m.exec(stdout)?.[1] ?? '' };
  } catch {
    return undefined;
  }
}

/** Which server is to be loaded, and over what: STOMP in a WebSocket, STOMP on a bare TCP connection, or event streams. */
import { Failure, UsageError } from '../failure.ts';
import { isThisMachine, parseTarget, type Target } from '../wire/target.ts';

export interface ServerAddress {
  readonly target: Target;
  /** True for `stomp://` and `stomps://`: no WebSocket around the frames. */
  readonly bareTcp: boolean;
}

/** `text` is a URL of http(s), ws(s) or stomp(s). @throws UsageError */
export function parseServerAddress(text: string): ServerAddress {
  const typed = text.trim();
  const bare = /^stomp(s?):\/\//i.exec(typed);
  if (bare === null) return { target: parseTarget(typed), bareTcp: false };
  const rest = typed.slice(bare[0].length);
  if (!/:\d+\/?$/.test(rest)) throw new UsageError('A stomp:// address needs a port, such as stomp://127.0.0.1:61613.');
  return { target: parseTarget(`http${bare[1] ?? ''}://${rest}`), bareTcp: true };
}

/** @throws UsageError for a server elsewhere, unless its owner has said so. */
export function refuseStrangers({ target }: ServerAddress, owned: boolean): void {
  if (owned || isThisMachine(target)) return;
  throw new UsageError(
    `${target.host} is not this machine, and a load test can take a server down. If it is yours, say so with --i-own-this-server.`,
  );
}

/** A port of one address has room for about 28,000 connections to the same server; well below it another address is used. */
export const CONNECTIONS_AN_ADDRESS = 20_000;

/** The address that connection `index` comes from; undefined leaves it to the system, as for every server elsewhere. */
export function sourceAddress({ host }: Target, index: number, each = CONNECTIONS_AN_ADDRESS): string | undefined {
  const nth = Math.floor(index / each);
  return nth === 0 || !/^127\./.test(host) ? undefined : `127.0.0.${nth + 1}`;
}

/** Open files of this process besides its connections. */
const OTHER_FILES = 64;

/** @throws Failure where this machine does not let one process have so many connections. */
export function checkOpenFiles(connections: number, limit: number): void {
  const needed = connections + OTHER_FILES;
  if (needed <= limit) return;
  throw new Failure(
    `${connections} connections are more than this process may have: its limit is ${limit} open files. Raise it (ulimit -n ${needed}) or ask for fewer with --connections.`,
  );
}

/** How many files one process may have open; Infinity where nobody says. */
export function openFilesLimit(report: NodeJS.ProcessReport | undefined): number {
  const asked: { userLimits?: { open_files?: { soft?: number | string } } } = report?.getReport() ?? {};
  const limit = asked.userLimits?.open_files?.soft;
  return typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY;
}

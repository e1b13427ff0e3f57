/** What may be loaded, and with how many connections. */
import { Failure, UsageError } from '../failure.ts';
import { isThisMachine, type Target } from '../wire/target.ts';

/** @throws UsageError for a server elsewhere, unless its owner has said so. */
export function refuseStrangers(target: Target, owned: boolean): void {
  if (owned || isThisMachine(target)) return;
  throw new UsageError(
    `${target.host} is not this machine, and a load test can take a server down. If it is yours, say so with --i-own-this-server.`,
  );
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

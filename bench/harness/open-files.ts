/** How many connections this machine lets one process have. */

/** Open files of a process besides its connections. */
const OTHERS = 100;

/** Why a process cannot have so many connections; undefined when it can. */
export function whyNotConnections(count: number): string | undefined {
  const limit = openFilesLimit();
  if (count + OTHERS <= limit) return undefined;
  const thousands = (value: number): string => value.toLocaleString('en-US');
  return `${thousands(count)} connections are left out: a process may have ${thousands(limit)} open files here (ulimit -n ${count + OTHERS})`;
}

/** Infinity where nobody says. Node has raised the soft limit to the hard one by now. */
function openFilesLimit(): number {
  const { userLimits }: { userLimits?: { open_files?: { soft?: number | string } } } = process.report.getReport();
  const limit = userLimits?.open_files?.soft;
  return typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY;
}

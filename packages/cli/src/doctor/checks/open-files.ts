import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Check, fail, pass, skip, warn } from '../check.ts';

/** A socket a connection, and what the server needs for itself. */
const OWN = 200;
/** Below this even a small server gets into trouble. */
const LEAST = 1_024;

export const openFiles: Check = {
  id: 'open-files',
  stretch: 'machine',
  title: 'how many files may be open',
  local: true,
  run: async ({ platform, connections }) => {
    if (platform === 'win32') return skip('Windows has no such limit.');
    const asked = `ulimit -n, for ${connections} connections and ${OWN} files`;
    const limit = await hardLimit();
    if (limit === undefined) return skip('This shell does not say.');
    const answered = Number.isFinite(limit) ? `at most ${limit} open files` : 'no limit';
    const needed = connections + OWN;
    if (limit >= needed)
      return pass({ asked, answered }, `Enough for ${connections} connections: each is an open file.`);
    const fix = `ulimit -n ${needed}   # in the shell that starts the server; systemd: LimitNOFILE=${needed}; docker: --ulimit nofile=${needed}`;
    const meaning = `Past ${Math.max(0, limit - OWN)} connections every new one is refused with EMFILE.`;
    return limit < LEAST ? fail({ asked, answered }, meaning, fix) : warn({ asked, answered }, meaning, fix);
  },
};

/** Node raises its own soft limit to the hard one at its start, so the hard one counts. */
async function hardLimit(): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -Hn'], { timeout: 2_000 });
    const text = stdout.trim();
    return text === 'unlimited' ? Number.POSITIVE_INFINITY : /^\d+$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

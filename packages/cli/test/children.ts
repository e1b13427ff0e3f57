/** The programs that tests have started and that have not ended yet. */
import type { ChildProcess } from 'node:child_process';

export const children = new Set<ChildProcess>();

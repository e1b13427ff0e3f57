import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Check, fail, pass, skip, warn } from '../check.ts';

/** Enough to notice a folder that takes names and no bytes. */
const TRIAL_BYTES = 65_536;

export const dataFolder: Check = {
  id: 'data-folder',
  stretch: 'machine',
  title: 'the data folder',
  local: true,
  run: async ({ config }) => {
    if (config === undefined) return skip('Where it is depends on settings that do not fit.');
    const folder = path.resolve(config.dataDir);
    const asked = `write ${TRIAL_BYTES / 1_024} KiB in ${folder}, read them, remove them`;
    const found = await stat(folder).catch((error: unknown) => codeOf(error));
    if (found === 'ENOENT' && (await mayBeMade(folder))) {
      const meaning = 'There is no such folder yet: a server makes it at its first start.';
      return warn({ asked, answered: found }, meaning, 'rtd doctor --fix');
    }
    if (typeof found === 'string') {
      return fail({ asked, answered: found }, 'It is not there, and cannot be made there, or not be looked at.', OTHER);
    }
    if (!found.isDirectory())
      return fail({ asked, answered: 'it is a file' }, 'A file is where the folder should be.', OTHER);
    const problem = await trial(folder);
    if (problem === undefined) return pass({ asked, answered: folder }, 'It can be written to.');
    const meaning =
      problem === 'ENOSPC' || problem === 'EDQUOT'
        ? 'No space is left: no message can be stored.'
        : 'This user cannot write there: a server would not start.';
    return fail({ asked, answered: problem }, meaning, problem === 'ENOSPC' ? `df -h ${folder}\n${OTHER}` : OTHER);
  },
  repair: async ({ config }) => {
    if (config === undefined) return undefined;
    const folder = path.resolve(config.dataDir);
    if (typeof (await stat(folder).catch((error: unknown) => codeOf(error))) !== 'string') return undefined;
    const parent = await nearestFolder(folder);
    if (parent === undefined) return undefined;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return `made the folder ${folder}`;
  },
};

const OTHER = 'export RTD_DATA_DIR=$HOME/rtd-data   # or any folder that this user may write to';

/** Undefined when bytes go in and come out again; else the system's word for what is wrong. */
async function trial(folder: string): Promise<string | undefined> {
  const file = path.join(folder, `.rtd-doctor-${randomBytes(4).toString('hex')}`);
  const bytes = randomBytes(TRIAL_BYTES);
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return (await readFile(file)).equals(bytes) ? undefined : 'other bytes came back than were written';
  } catch (error) {
    return codeOf(error);
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

/** The folder above that exists; undefined where something else is in the way, or the folder is one that never takes any. */
async function nearestFolder(folder: string): Promise<string | undefined> {
  const parent = path.dirname(folder);
  if (parent === folder || folder.startsWith('/proc/')) return undefined;
  const found = await stat(parent).catch((error: unknown) => codeOf(error));
  if (found === 'ENOENT') return await nearestFolder(parent);
  return typeof found !== 'string' && found.isDirectory() ? parent : undefined;
}

async function mayBeMade(folder: string): Promise<boolean> {
  const parent = await nearestFolder(folder);
  if (parent === undefined) return false;
  return await access(parent, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

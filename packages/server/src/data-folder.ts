/**
 * The folder that a server keeps its data in: made where there is none, owned by one server at a time, and the place
 * where the server's generated name is kept. Every failure is one line that says what to do.
 */
import { access, constants, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RtdError, ServerId } from '@rtd/protocol';

const SERVER_ID_FILE = 'server-id';

/** Makes the folder, for this user alone, and sees that it can be written to. @throws RtdError */
export async function openDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(path.resolve(folder));
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw folderRefusal(folder, error);
  }
}

/** Not `recursive`: that never returns where a parent is there and still takes no folder, as `/proc`. */
async function makeFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const parentIsMissing = codeOf(error) === 'ENOENT' && parent !== folder && !(await exists(parent));
    if (!parentIsMissing) throw error;
    await makeFolder(parent);
    await mkdir(folder, { mode: 0o700 });
  }
}

async function exists(folder: string): Promise<boolean> {
  return await stat(folder).then(
    () => true,
    () => false,
  );
}

/** The kept name of this server; `generate` makes one the first time. @throws RtdError */
export async function keptServerId(folder: string, generate: () => ServerId): Promise<ServerId> {
  const file = path.join(folder, SERVER_ID_FILE);
  try {
    const kept = await readFile(file, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (kept === undefined) {
      const fresh = generate();
      await writeFile(file, `${fresh}\n`);
      return fresh;
    }
    const id = ServerId.safeParse(kept.trim());
    if (id.success) return id.data;
  } catch (error) {
    throw folderRefusal(folder, error);
  }
  throw new RtdError(
    'CONFLICT',
    `${file} holds no server id: delete it, or name this server with --server-id (RTD_SERVER_ID).`,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function folderRefusal(folder: string, error: unknown): RtdError {
  const remedy = 'choose another one with --data-dir (RTD_DATA_DIR).';
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new RtdError(
        'FORBIDDEN',
        `The data folder ${folder} cannot be written to by this user: change its rights, or ${remedy}`,
        {
          cause: error,
        },
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new RtdError('CONFLICT', `The data folder ${folder} is no folder: remove what is there, or ${remedy}`, {
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new RtdError('UNAVAILABLE', `No space is left for the data folder ${folder}: make room, or ${remedy}`, {
        cause: error,
      });
    default:
      return new RtdError(
        'UNAVAILABLE',
        `The data folder ${folder} cannot be opened: see that it can be read and written, or ${remedy}`,
        {
          cause: error,
        },
      );
  }
}

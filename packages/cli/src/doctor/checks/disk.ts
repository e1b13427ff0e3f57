import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { type Check, fail, pass, skip, warn } from '../check.ts';

const MEBIBYTE = 1_048_576;
const LEAST = { fail: 50 * MEBIBYTE, warn: 1_024 * MEBIBYTE };
/** Files that a server makes are few; none left is as bad as no bytes left. */
const LEAST_FILES = 100;

export const disk: Check = {
  id: 'disk',
  stretch: 'machine',
  title: 'space for data',
  local: true,
  run: async ({ config }) => {
    if (config === undefined) return skip('Where data goes depends on settings that do not fit.');
    const place = await nearest(path.resolve(config.dataDir));
    if (place === undefined) return skip('There is no place to look at.');
    const { blocks, bavail, bsize, files, ffree } = place.facts;
    if (blocks === 0) return skip(`${place.folder} is on no disk.`);
    const free = bavail * bsize;
    const evidence = {
      asked: `statfs ${place.folder}`,
      answered: `${sizeOf(free)} free${files > 0 && ffree < LEAST_FILES ? `, room for ${ffree} files` : ''}`,
    };
    const fix = `du -sh ${place.folder}/* | sort -h | tail`;
    if (free < LEAST.fail) return fail(evidence, 'The disk is as good as full: sends will be refused.', fix);
    if (files > 0 && ffree < LEAST_FILES) return fail(evidence, 'The disk takes no more files.', fix);
    if (free < LEAST.warn) return warn(evidence, 'Little is left: a busy chat fills this in days.', fix);
    return pass(evidence, 'There is space.');
  },
};

async function nearest(folder: string): Promise<{ folder: string; facts: StatsFs } | undefined> {
  try {
    return { folder, facts: await statfs(folder) };
  } catch {
    const parent = path.dirname(folder);
    return parent === folder ? undefined : await nearest(parent);
  }
}

function sizeOf(bytes: number): string {
  return bytes >= 1_024 * MEBIBYTE
    ? `${(bytes / MEBIBYTE / 1_024).toFixed(1)} GiB`
    : `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { filePreferences } from './preferences.ts';
import { parseAlert } from './state/alerts.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rtd-preferences-'));
  file = path.join(folder, 'deep', 'terminal.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const alerts = [parseAlert('BTC > 70000')].filter((alert) => alert !== undefined);

it('come back as they were kept, and leave no draft behind', async () => {
  expect(await filePreferences(file).load()).toBeUndefined();
  await filePreferences(file).save({ watch: ['BTC'], alerts, theme: 'light' });
  expect(await filePreferences(file).load()).toEqual({ watch: ['BTC'], alerts, theme: 'light' });
  await filePreferences(file).save({ watch: [], alerts });
  expect(await filePreferences(file).load()).toEqual({ watch: [], alerts, theme: 'light' });
  expect(await readdir(path.dirname(file))).toEqual(['terminal.json']);
});

it('are what makes sense of a file that people have edited, and what they do not know stays in it', async () => {
  const shallow = path.join(folder, 'terminal.json');
  await writeFile(
    shallow,
    '{"watch": ["BTC", 7, "\\u001b[2J"], "alerts": ["BTC > 70k", "soon"], "theme": "pink", "mine": true}',
  );
  expect(await filePreferences(shallow).load()).toEqual({ watch: ['BTC'], alerts });
  await filePreferences(shallow).save({ watch: [], alerts: [], theme: 'dark' });
  expect(JSON.parse(await readFile(shallow, 'utf8'))).toEqual({ watch: [], alerts: [], theme: 'dark', mine: true });
});

it('that are no JSON are neither used nor overwritten', async () => {
  const shallow = path.join(folder, 'terminal.json');
  await writeFile(shallow, 'watch: BTC');
  await expect(filePreferences(shallow).load()).rejects.toThrow(/JSON/);
  await expect(filePreferences(shallow).save({ watch: [], alerts: [] })).rejects.toThrow(/JSON/);
  expect(await readFile(shallow, 'utf8')).toBe('watch: BTC');
});

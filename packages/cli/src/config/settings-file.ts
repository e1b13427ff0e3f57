/** Reads and writes the config file. It may hold tokens: nobody but its owner may read it. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, UsageError } from '../failure.ts';
import { Settings } from './settings.ts';

/** Empty where there is no file. @throws UsageError where it does not say what it should, Failure where it cannot be read. */
export function readSettings(file: string): Settings {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return {};
    throw new Failure(`The config file ${file} cannot be read (${codeOf(error)}): give yourself the right to.`);
  }
  if (text.trim() === '') return {};
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // Only the place: what the parser quotes of the file may be a token.
    const [place] = /line \d+ column \d+/.exec(String(error)) ?? [];
    throw wrong(file, `is not JSON${place === undefined ? '' : ` (${place})`}`);
  }
  const settings = Settings.safeParse(json);
  if (settings.success) return settings.data;
  const at = settings.error.issues[0]?.path.map(String).join('.') ?? '';
  throw wrong(
    file,
    at === ''
      ? 'is no object of settings'
      : `has something under "${at}" that is no setting: texts, numbers, true and false are`,
  );
}

/** All or nothing: a crash leaves the old file or the new one. @throws Failure where it cannot be written. */
export function writeSettings(file: string, settings: Settings): void {
  const target = linkedTo(file);
  const next = `${target}.${randomUUID()}`;
  try {
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(next, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
    renameSync(next, target);
  } catch (error) {
    rmSync(next, { force: true });
    throw new Failure(
      `The config file ${file} cannot be written (${codeOf(error)}): give yourself the right to, or name another folder with XDG_CONFIG_HOME.`,
    );
  }
}

/** Who keeps the file elsewhere and links to it goes on doing so. */
function linkedTo(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function wrong(file: string, what: string): UsageError {
  return new UsageError(`The config file ${file} ${what}. Correct it, or move it away.`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/** What is kept from one session to the next: which prices are watched, which alerts are set, and the colours. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TickerSymbol } from '@rtd/protocol';
import { type Alert, MAX_ALERTS, parseAlert } from './state/alerts.ts';

/** Colours for a dark or a light background; `auto` asks the terminal. */
export const THEME_CHOICES = ['auto', 'dark', 'light'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

export interface Preferences {
  /** The only symbols to show; all when empty. */
  readonly watch: readonly string[];
  /** Those that have not rung. */
  readonly alerts: readonly Alert[];
  /** Undefined where nobody has chosen. */
  readonly theme?: ThemeChoice | undefined;
}

export interface PreferencesStore {
  /** Where they are kept, for people. */
  readonly place: string;
  /** Resolves with undefined where nothing is kept, and rejects where it cannot be read: then it is not overwritten. */
  load(): Promise<Preferences | undefined>;
  save(preferences: Preferences): Promise<void>;
}

/**
 * One JSON file, written to be edited by people too: `{"watch": ["BTC"], "alerts": ["BTC > 70000"], "theme": "light"}`. Two terminals share it: the
 * last one to change something wins. Other fields of it stay.
 */
export function filePreferences(file: string): PreferencesStore {
  const read = async (): Promise<object | undefined> => {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
    throw new Error(`${file} is no JSON object`);
  };
  return {
    place: file,
    load: async () => {
      const json = await read();
      return json === undefined ? undefined : preferencesIn(json);
    },
    save: async ({ watch, alerts, theme }) => {
      const others = await read();
      const kept = {
        ...others,
        watch,
        alerts: alerts.map(({ symbol, when, price }) => `${symbol} ${when} ${price}`),
        // What another terminal has chosen stays.
        ...(theme === undefined ? {} : { theme }),
      };
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const draft = `${file}.${randomUUID()}.tmp`;
      try {
        await writeFile(draft, `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
        await rename(draft, file);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
  };
}

/** What of `json` makes sense: people make mistakes in files, and the rest of it holds all the same. */
function preferencesIn(json: object): Preferences {
  const texts = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  const watch = 'watch' in json ? texts(json.watch).filter((symbol) => TickerSymbol.safeParse(symbol).success) : [];
  const alerts = 'alerts' in json ? texts(json.alerts).map(parseAlert) : [];
  const theme = 'theme' in json ? THEME_CHOICES.find((choice) => choice === json.theme) : undefined;
  return { watch, alerts: alerts.filter((alert) => alert !== undefined).slice(0, MAX_ALERTS), theme };
}

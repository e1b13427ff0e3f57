/** The settings that there are, with what each of them takes: every flag of every command, and the token. */
import type { Command } from '@oclif/core/command';
import { parse } from '@oclif/core/parser';
import { createHttpApi } from '@rtd/client';
import { UserId } from '@rtd/protocol';
import { loadCommand, loadCommands } from '../all-commands.ts';
import { COMMANDS } from '../command-list.ts';
import { closest } from '../did-you-mean.ts';
import { UsageError } from '../failure.ts';
import { settingOf, variableOf } from '../flags/variables.ts';
import { PROFILE_SETTINGS, ProfileName, profileIn, Settings } from './settings.ts';

/** Says what is wrong with a value by throwing. */
type Check = (text: string) => unknown;

export interface KnownSetting {
  readonly variable: string;
  readonly check: Check;
}

/** Those of every command. */
const EVERYWHERE: ReadonlyMap<string, KnownSetting> = new Map<string, KnownSetting>([
  ['url', { variable: 'RTD_URL', check: (text) => createHttpApi({ url: text }) }],
  ['user', { variable: 'RTD_USER', check: checkUser }],
  ['token', { variable: 'RTD_TOKEN', check: () => undefined }],
  ['profile', { variable: 'RTD_PROFILE', check: () => undefined }],
]);

/** The setting of that name; undefined where there is none. Loads as few commands as will do. */
export async function knownSetting(name: string): Promise<KnownSetting | undefined> {
  const everywhere = EVERYWHERE.get(name);
  if (everywhere !== undefined) return everywhere;
  for (const { words } of COMMANDS) {
    if (!name.startsWith(`${words.replaceAll(' ', '-')}-`)) continue;
    const known = settingsOf(words, await loadCommand(words)).get(name);
    if (known !== undefined) return known;
  }
  return (await allSettings()).get(name);
}

/** Every setting of every command, and of the server. */
async function allSettings(): Promise<ReadonlyMap<string, KnownSetting>> {
  const { SERVER_OPTIONS } = await import('@rtd/server');
  const commands = (await loadCommands()).flatMap(({ words, command }) => [...settingsOf(words, command)]);
  const server = SERVER_OPTIONS.map(({ env: [variable], parse: parser, takes }): [string, KnownSetting] => {
    const check = (text: string): void => {
      if (!parser.safeParse(text).success) throw new UsageError(`takes ${takes}.`);
    };
    return [settingOf(variable), { variable, check }];
  });
  return new Map([...commands, ...EVERYWHERE, ...server]);
}

function settingsOf(words: string, command: typeof Command): ReadonlyMap<string, KnownSetting> {
  return new Map(
    Object.entries(command.flags).map(([name, flag]) => {
      const variable = variableOf(words, name, flag);
      const check: Check = (text) => {
        if (flag.type === 'boolean') return onlyOf(['true', 'false'], text);
        if (flag.options !== undefined) return onlyOf(flag.options, text);
        // By itself: what it goes together with is for the command line to say.
        const alone = { ...flag, exclusive: [], dependsOn: [], relationships: [] };
        return parse([`--${name}=${text}`], { flags: { [name]: alone }, args: {}, strict: true });
      };
      return [settingOf(variable), { variable, check }];
    }),
  );
}

function checkUser(text: string): void {
  if (UserId.safeParse(text).success) return;
  throw new UsageError(`takes a name of 1 to 64 letters, digits or . _ - : @, not "${text.slice(0, 80)}".`);
}

function onlyOf(values: readonly string[], text: string): void {
  if (!values.includes(text)) throw new UsageError(`takes ${values.join(', ')}, not "${text.slice(0, 80)}".`);
}

/** A place in the file: a setting, or one of a profile's. */
export type SettingPlace =
  | { readonly in: 'file'; readonly setting: string }
  | { readonly in: 'profile'; readonly profile: string; readonly setting: (typeof PROFILE_SETTINGS)[number] };

/** `send-timeout`, `RTD_SEND_TIMEOUT` and `profiles.prod.url` as places. @throws UsageError for what is none. */
export async function placeOf(key: string): Promise<SettingPlace> {
  const [top = '', profile = '', name = '', more] = key.split('.');
  if (top === 'profiles') {
    const setting = PROFILE_SETTINGS.find((each) => each === name);
    if (setting !== undefined && more === undefined && ProfileName.safeParse(profile).success) {
      return { in: 'profile', profile, setting };
    }
    throw new UsageError(
      `A setting of a profile is called profiles.NAME.url, .user or .token (a NAME has letters, digits, _ and -), not "${key.slice(0, 80)}".`,
    );
  }
  const setting = key.startsWith('RTD_') ? settingOf(key) : key;
  if ((await knownSetting(setting)) !== undefined) return { in: 'file', setting };
  const meant = closest(setting, (await allSettings()).keys());
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  throw new UsageError(
    `There is no setting "${key.slice(0, 80)}".${hint} A setting is called as its variable is, without RTD_: url, send-timeout. Every option's variable is in its command's --help.`,
  );
}

/** What the file has there; undefined for nothing. */
export function valueAt(settings: Settings, place: SettingPlace): string | number | boolean | undefined {
  if (place.in === 'profile') return profileIn(settings, place.profile)?.[place.setting];
  const value = settings[place.setting];
  return typeof value === 'object' ? undefined : value;
}

/** The settings with another value there; undefined takes it out, and a profile with its last one. */
export function withValueAt(settings: Settings, place: SettingPlace, value: string | undefined): Settings {
  if (place.in === 'file') {
    const { [place.setting]: _old, ...rest } = settings;
    return Settings.parse(value === undefined ? rest : { ...settings, [place.setting]: value });
  }
  const { [place.setting]: _old, ...rest } = profileIn(settings, place.profile) ?? {};
  const profile = value === undefined ? rest : { ...rest, [place.setting]: value };
  const { [place.profile]: _profile, ...others } = settings.profiles ?? {};
  const profiles = Object.keys(profile).length === 0 ? others : { ...others, [place.profile]: profile };
  const { profiles: _profiles, ...own } = settings;
  return Settings.parse(Object.keys(profiles).length === 0 ? own : { ...own, profiles });
}

/** The settings without one profile, and with no choice of it. */
export function withoutProfile({ profiles, ...own }: Settings, profile: string): Settings {
  const { [profile]: _gone, ...others } = profiles ?? {};
  const { profile: chosen, ...rest } = own;
  const kept = chosen === profile ? rest : own;
  return Settings.parse(Object.keys(others).length === 0 ? kept : { ...kept, profiles: others });
}

/**
 * What the config file says, and what of it counts for a command: a flag wins over the environment, the environment over
 * the file. The settings of the file are environment variables in another spelling (flags/variables.ts), and `profiles`
 * has servers by name, each with where it is and who one is there.
 *
 * A token never goes to another server than the one it stands beside in the file.
 */
import { z } from 'zod';
import { closest } from '../did-you-mean.ts';
import { UsageError } from '../failure.ts';
import { variableOfSetting } from '../flags/variables.ts';

/** The settings of a profile. */
export const PROFILE_SETTINGS = ['url', 'user', 'token'] as const;

const Value = z.union([z.string(), z.number(), z.boolean()]);
export const Profile = z.strictObject({
  url: z.string().optional(),
  user: z.string().optional(),
  token: z.string().optional(),
});
export type Profile = z.infer<typeof Profile>;

export const ProfileName = z.string().regex(/^[a-z0-9][\w-]{0,63}$/i);

export const Settings = z.object({ profiles: z.record(ProfileName, Profile).optional() }).catchall(Value);
/** `{"url": "https://…", "send-timeout": 60, "profiles": {"prod": {"url": "…"}}}` */
export type Settings = z.infer<typeof Settings>;

/** What the command line says that matters here. */
export interface Asked {
  readonly profile: string | undefined;
  /** True with `--url`. */
  readonly url: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables to set on top of `env`. @throws UsageError for a profile that there is not. */
export function environmentFrom(settings: Settings, env: Environment, asked: Asked): Readonly<Record<string, string>> {
  const { profiles: _profiles, ...own } = settings;
  const added: Record<string, string> = {};
  const isSet = (variable: string): boolean => (env[variable] ?? '') !== '';
  const chosen = asked.profile ?? (isSet('RTD_PROFILE') ? env.RTD_PROFILE : textOf(own.profile));
  const profile = chosen === undefined || chosen === '' ? undefined : profileOf(settings, chosen);
  for (const [setting, value] of Object.entries(own)) {
    const variable = variableOfSetting(setting);
    const beside = PROFILE_SETTINGS.some((name) => name === setting);
    if (!isSet(variable) && !(beside && profile !== undefined)) added[variable] = String(value);
  }
  for (const setting of PROFILE_SETTINGS) {
    const value = profile?.[setting];
    const variable = variableOfSetting(setting);
    if (value !== undefined && (asked.profile !== undefined || !isSet(variable))) added[variable] = value;
  }
  const elsewhere = asked.url || (isSet('RTD_URL') && added.RTD_URL === undefined);
  if (elsewhere) delete added.RTD_TOKEN;
  return added;
}

/** Undefined where there is none of that name. */
export function profileIn({ profiles = {} }: Settings, name: string): Profile | undefined {
  return Object.hasOwn(profiles, name) ? profiles[name] : undefined;
}

function profileOf(settings: Settings, name: string): Profile {
  const { profiles = {} } = settings;
  const profile = profileIn(settings, name);
  if (profile !== undefined) return profile;
  const names = Object.keys(profiles);
  const meant = closest(name, names);
  const hint =
    meant !== undefined
      ? ` Did you mean "${meant}"?`
      : names.length > 0
        ? ` There are: ${names.join(', ')}.`
        : ` Make it with: rtd config set profiles.NAME.url URL`;
  throw new UsageError(`There is no profile "${name.slice(0, 80)}" in the config file.${hint}`);
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

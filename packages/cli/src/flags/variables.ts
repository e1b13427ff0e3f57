/**
 * Every flag is an environment variable, too: `rtd send --timeout` is RTD_SEND_TIMEOUT. A flag that has a better name says
 * it as its `env` (RTD_URL), or, where the command reads the variable by itself, at the end of its description:
 * `[RTD_PORT, default: 8080]`. The config file has the same names in another spelling: `send-timeout`.
 */

/** What is needed of a flag of oclif's. */
export interface NamedFlag {
  env?: string | undefined;
  description?: string | undefined;
}

/** The variable that sets the flag `name` of the command `words`. */
export function variableOf(words: string, name: string, flag: NamedFlag): string {
  return flag.env ?? readByCommand(flag) ?? `RTD_${`${words} ${name}`.replaceAll(/[ -]/g, '_').toUpperCase()}`;
}

/** Gives each flag its variable, so that the parser reads it and the help shows it. Commands share flags: each gets its own copy. */
export function nameVariables<T extends NamedFlag>(words: string, flags: Record<string, T>): void {
  for (const [name, flag] of Object.entries(flags)) {
    if (readByCommand(flag) === undefined) flags[name] = { ...flag, env: variableOf(words, name, flag) };
  }
}

/** `RTD_SEND_TIMEOUT` -> `send-timeout`, its name in the config file. */
export function settingOf(variable: string): string {
  return variable.replace(/^RTD_/, '').replaceAll('_', '-').toLowerCase();
}

/** The inverse of {@link settingOf}. */
export function variableOfSetting(setting: string): string {
  return `RTD_${setting.replaceAll('-', '_').toUpperCase()}`;
}

function readByCommand({ description = '' }: NamedFlag): string | undefined {
  return /\[(RTD_[A-Z_]+)/.exec(description)?.[1];
}

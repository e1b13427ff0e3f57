/** The options of the server as flags. Their table is the server's; what they mean and whether they fit, it decides, too. */
import { string } from '@oclif/core/flags';
import {
  type Config,
  ConfigError,
  type ConfigSource,
  parseConfig,
  SERVER_OPTIONS,
  type ServerOption,
} from '@rtd/server';
import { COMMANDS } from '../command-list.ts';
import { UsageError } from '../failure.ts';

/** A flag for every option of the server. They take text, unchecked: {@link configOf} is where it is checked. */
export const serverFlags = Object.fromEntries(SERVER_OPTIONS.map((option) => [option.flag, flagOf(option)]));

function flagOf(option: ServerOption) {
  const ifNotSet = option.default ?? option.defaultNote;
  const notes = [option.env[0], ifNotSet === undefined ? undefined : `default: ${ifNotSet}`];
  const limit = option.flag.startsWith('limit-');
  return string({
    description: `${option.description.replace(/^limit: /, '')} [${notes.filter((note) => note !== undefined).join(', ')}]`,
    helpValue: option.choices?.join('|') ?? 'VALUE',
    ...(limit ? { helpGroup: 'limit' } : {}),
  });
}

/** @throws UsageError with a line for every problem. */
export function configOf(source: ConfigSource): Config {
  try {
    return parseConfig({ ...source, env: withoutOthers(source.env ?? {}) });
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}

const SERVER_VARIABLES: ReadonlySet<string> = new Set(SERVER_OPTIONS.flatMap(({ env }) => env));
const OTHERS = ['RTD_PROFILE', ...COMMANDS.map(({ words }) => `RTD_${words.replaceAll(' ', '_').toUpperCase()}_`)];

/** Without the variables of the commands' own flags: they are none of the server's, which would warn of them. */
function withoutOthers(env: NonNullable<ConfigSource['env']>): NonNullable<ConfigSource['env']> {
  const kept = ([name]: [string, unknown]): boolean =>
    SERVER_VARIABLES.has(name) || !OTHERS.some((others) => name.startsWith(others));
  return Object.fromEntries(Object.entries(env).filter(kept));
}

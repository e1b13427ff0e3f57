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
    return parseConfig(source);
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}

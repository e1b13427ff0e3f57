/** `rtd config set`: keeps a setting in the config file, or takes it out. */
import { homedir } from 'node:os';
import { string as textArgument } from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import { toRtdError } from '@rtd/protocol';
import { summaryOf } from '../../command-list.ts';
import { configPath } from '../../config/config-path.ts';
import { knownSetting, placeOf, type SettingPlace, withoutProfile, withValueAt } from '../../config/known-settings.ts';
import { profileIn } from '../../config/settings.ts';
import { readSettings, writeSettings } from '../../config/settings-file.ts';
import { UsageError } from '../../failure.ts';

export default class ConfigSet extends Command {
  static override summary = summaryOf('config set');
  static override description =
    'Any option of any command can be kept: its name is that of its variable, without RTD_ (see the command’s --help). A ' +
    'profile is a server with a name, for --profile. The file is readable for you alone.';
  static override examples = [
    '<%= config.bin %> config set url https://chat.example.com',
    '<%= config.bin %> config set send-timeout 60',
    '<%= config.bin %> config set profiles.prod.url https://chat.example.com && <%= config.bin %> send hi --profile prod',
    '<%= config.bin %> config set profile prod',
    '<%= config.bin %> config set url --unset',
    '<%= config.bin %> config set profiles.prod --unset',
  ];
  static override args = {
    setting: textArgument({ description: 'which one', required: true, ignoreStdin: true }),
    value: textArgument({ description: 'its value', ignoreStdin: true }),
  };
  static override flags = { unset: boolean({ description: 'take it out', default: false }) };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigSet);
    const { env, platform } = process;
    const file = configPath({ env, platform, homeDirectory: homedir() });
    if (flags.unset === (args.value !== undefined)) {
      throw new UsageError('rtd config set takes a setting and its value, or a setting and --unset.');
    }
    const settings = readSettings(file);
    const [, profile] = /^profiles\.([^.]+)$/.exec(args.setting) ?? [];
    if (flags.unset && profile !== undefined) {
      if (profileIn(settings, profile) === undefined)
        throw new UsageError(`There is no profile "${profile.slice(0, 80)}" in the config file.`);
      writeSettings(file, withoutProfile(settings, profile));
      return;
    }
    if (flags.unset) {
      const here = Object.hasOwn(settings, args.setting) && args.setting !== 'profiles';
      const place = here ? ({ in: 'file', setting: args.setting } as const) : await placeOf(args.setting);
      writeSettings(file, withValueAt(settings, place, undefined));
      return;
    }
    const value = args.value ?? '';
    const place = await placeOf(args.setting);
    await check(args.setting, place, value);
    if (place.in === 'file' && place.setting === 'profile' && profileIn(settings, value) === undefined) {
      throw new UsageError(
        `There is no profile "${value}" yet. Make it first: rtd config set profiles.${value}.url URL`,
      );
    }
    writeSettings(file, withValueAt(settings, place, value));
  }
}

/** @throws UsageError for a value that its command would refuse. */
async function check(key: string, place: SettingPlace, value: string): Promise<void> {
  if (value.trim() === '') throw new UsageError(`${key} takes a value that is not empty; --unset takes it out.`);
  try {
    await (await knownSetting(place.setting))?.check(value);
  } catch (error) {
    const problem = error instanceof UsageError ? error.problem : toRtdError(error).message;
    throw new UsageError(`${key}: ${problem.replace(/^--[\w-]+ /, '')}`);
  }
}

/** `rtd config get`: one setting of the config file, or all of them. */
import { homedir } from 'node:os';
import { string as textArgument } from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../../command-list.ts';
import { configPath } from '../../config/config-path.ts';
import { knownSetting, placeOf, valueAt } from '../../config/known-settings.ts';
import type { Settings } from '../../config/settings.ts';
import { readSettings } from '../../config/settings-file.ts';
import { Failure } from '../../failure.ts';
import { jsonLine } from '../../output/lines.ts';
import { withoutPassword } from '../../services/without-password.ts';

export default class ConfigGet extends Command {
  static override summary = summaryOf('config get');
  static override description =
    'The value of a setting as it is in the file; without a name every setting that is there, secrets left out. What counts in ' +
    'the end: an option over its environment variable, that over the file.';
  static override examples = [
    '<%= config.bin %> config get',
    '<%= config.bin %> config get url',
    '<%= config.bin %> config get profiles.prod.url',
  ];
  static override args = { setting: textArgument({ description: 'which one', ignoreStdin: true }) };
  static override flags = { json: boolean({ description: 'as JSON' }) };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigGet);
    const { env, platform, stdout, stderr } = process;
    const file = configPath({ env, platform, homeDirectory: homedir() });
    const settings = readSettings(file);
    if (args.setting !== undefined) {
      const value = valueAt(settings, await placeOf(args.setting));
      if (value === undefined) throw new Failure(`${args.setting} is not set in ${file}.`);
      stdout.write(`${flags.json ? jsonLine(value) : safeText(String(value), { lines: true })}\n`);
      return;
    }
    const shown = withoutSecrets(settings);
    if (flags.json) stdout.write(`${jsonLine(shown)}\n`);
    else for (const [name, value] of linesOf(shown)) stdout.write(`${name} = ${safeText(String(value))}\n`);
    for (const name of Object.keys(settings)) {
      if (name !== 'profiles' && (await knownSetting(name)) === undefined)
        stderr.write(`rtd: "${safeText(name)}" is no setting: it has no effect.\n`);
    }
    if (Object.keys(settings).length === 0 && stdout.isTTY === true) stderr.write(`rtd: ${file} has no settings.\n`);
  }
}

function linesOf({ profiles = {}, ...own }: Settings): [string, unknown][] {
  const named = Object.entries(profiles).flatMap(([profile, settings]) =>
    Object.entries(settings).map(([name, value]): [string, unknown] => [`profiles.${profile}.${name}`, value]),
  );
  return [...Object.entries(own), ...named];
}

function withoutSecrets({ profiles, ...own }: Settings): Settings {
  const shown = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, shownAs(name, value)]));
  if (profiles === undefined) return shown;
  const shownProfiles = Object.entries(profiles).map(([profile, { url, user, token }]) => [
    profile,
    {
      ...(url === undefined ? {} : { url: withoutPassword(url) }),
      ...(user === undefined ? {} : { user }),
      ...(token === undefined ? {} : { token: '(secret)' }),
    },
  ]);
  return { ...shown, profiles: Object.fromEntries(shownProfiles) };
}

function shownAs(name: string, value: Settings[string]): string | number | boolean {
  if (/(^|-)(token|secret|password)$/.test(name)) return '(secret)';
  return typeof value === 'number' || typeof value === 'boolean' ? value : withoutPassword(String(value));
}

/** `rtd config path`: where the config file is. */
import { homedir } from 'node:os';
import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import { summaryOf } from '../../command-list.ts';
import { configPath } from '../../config/config-path.ts';
import { jsonLine } from '../../output/lines.ts';

export default class ConfigPath extends Command {
  static override summary = summaryOf('config path');
  static override description =
    'It need not exist. XDG_CONFIG_HOME moves it. It is JSON and may be edited: {"url": "https://chat.example.com", ' +
    '"send-timeout": 60}.';
  static override examples = ['<%= config.bin %> config path', '$EDITOR "$(<%= config.bin %> config path)"'];
  static override flags = { json: boolean({ description: 'one JSON document' }) };

  override async run(): Promise<void> {
    const { flags } = await this.parse(ConfigPath);
    const { env, platform, stdout } = process;
    const file = configPath({ env, platform, homeDirectory: homedir() });
    stdout.write(`${flags.json ? jsonLine({ path: file }) : file}\n`);
  }
}

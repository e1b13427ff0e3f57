/** `rtd completion`: a script for a shell, made from the commands as they are. */
import { string as textArgument } from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { summaryOf } from '../command-list.ts';
import { bashCompletion } from '../completion/bash-completion.ts';
import { completionSpec } from '../completion/completion-spec.ts';
import { fishCompletion } from '../completion/fish-completion.ts';
import { zshCompletion } from '../completion/zsh-completion.ts';
import { UsageError } from '../failure.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
const SHELLS = ['bash', 'zsh', 'fish'] as const;

export default class Completion extends Command {
  static override summary = summaryOf('completion');
  static override description =
    'Prints a script. Put the line for your shell where the shell reads it at its start: ~/.bashrc, ~/.zshrc (behind compinit), ' +
    '~/.config/fish/config.fish.';
  static override examples = [
    'eval "$(<%= config.bin %> completion bash)"',
    'eval "$(<%= config.bin %> completion zsh)"',
    '<%= config.bin %> completion fish | source',
  ];
  static override args = {
    shell: textArgument({ description: 'bash, zsh or fish', options: [...SHELLS], ignoreStdin: true }),
  };
  static override flags = {};

  override async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const shell = SHELLS.find((name) => name === args.shell);
    if (shell === undefined) throw new UsageError('For which shell? rtd completion bash, zsh or fish.');
    process.stdout.write(SCRIPTS[shell](await completionSpec(), 'rtd'));
  }
}

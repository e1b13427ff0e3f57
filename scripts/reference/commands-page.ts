import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Config } from '@oclif/core/config';
import { MADE, table } from './table.ts';

/** `root` is the folder of the built command line program. */
export async function commandsPage(root: string): Promise<string> {
  // Gives every flag its variable; oclif finds the same classes afterwards.
  const all: { loadCommands(): Promise<unknown> } = await import(
    pathToFileURL(path.join(root, 'dist', 'all-commands.js')).href
  );
  await all.loadCommands();
  const config = await Config.load({ root, userPlugins: false, devPlugins: false });
  const commands = config.commands
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .filter((command) => command.hidden !== true);
  return `# Commands

${MADE}

\`rtd <command> --help\` says the same. Exit codes: 0 done, 1 it could not be done, 2 wrong use, 130 ended by Ctrl-C, 143 by SIGTERM.

${commands.map(section).join('\n\n')}
`;
}

type Command = Config['commands'][number];

function section(command: Command): string {
  const words = command.id.replaceAll(':', ' ');
  const args = Object.values(command.args ?? {}).map((arg) => (arg.required === true ? arg.name : `[${arg.name}]`));
  const parts = [`## rtd ${[words, ...args].join(' ')}`, command.summary ?? '', command.description ?? ''];
  const flags = Object.entries(command.flags ?? {}).filter(([, flag]) => flag.hidden !== true);
  if (flags.length > 0) {
    const rows = flags.map(([name, flag]) => [
      `\`--${flag.type === 'boolean' && flag.allowNo === true ? '[no-]' : ''}${name}\``,
      flag.env === undefined ? '' : `\`${flag.env}\``,
      flag.description ?? flag.summary ?? '',
      defaultOf(flag),
    ]);
    parts.push(table(['flag', 'variable', 'what', 'default'], rows));
  }
  const examples = (command.examples ?? []).filter((example) => typeof example === 'string');
  if (examples.length > 0) {
    parts.push(
      `\`\`\`sh\n${examples.map((example) => example.replaceAll('<%= config.bin %>', 'rtd')).join('\n')}\n\`\`\``,
    );
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

function defaultOf(flag: Command['flags'][string]): string {
  if (flag.type === 'boolean' || flag.default === undefined || typeof flag.default === 'function') return '';
  return `\`${String(flag.default)}\``;
}

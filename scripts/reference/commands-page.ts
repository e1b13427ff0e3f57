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

${table(
  ['command', 'what'],
  commands.map((command) => [`[rtd ${wordsOf(command)}](#${anchorOf(command)})`, command.summary ?? '']),
)}

${commands.map(section).join('\n\n')}
`;
}

type Command = Config['commands'][number];

function wordsOf(command: Command): string {
  return command.id.replaceAll(':', ' ');
}

function headingOf(command: Command): string {
  const args = Object.values(command.args ?? {}).map((arg) => (arg.required === true ? arg.name : `[${arg.name}]`));
  return ['rtd', wordsOf(command), ...args].join(' ');
}

function anchorOf(command: Command): string {
  return headingOf(command).replaceAll(/[[\]]/g, '').replaceAll(' ', '-');
}

function section(command: Command): string {
  const parts = [`## ${headingOf(command)}`, command.summary ?? '', command.description ?? ''];
  const flags = Object.entries(command.flags ?? {}).filter(([, flag]) => flag.hidden !== true);
  if (flags.length > 0) {
    parts.push(
      table(
        ['flag', 'variable', 'what', 'default'],
        flags.map(([name, flag]) => row(name, flag)),
      ),
    );
  }
  const examples = (command.examples ?? []).filter((example) => typeof example === 'string');
  if (examples.length > 0) {
    parts.push(
      `\`\`\`sh\n${examples.map((example) => example.replaceAll('<%= config.bin %>', 'rtd')).join('\n')}\n\`\`\``,
    );
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

type Flag = Command['flags'][string];

function row(name: string, flag: Flag): readonly string[] {
  const said = flag.description ?? flag.summary ?? '';
  // A variable that the command reads by itself is told at the end: [RTD_PORT, default: 8080].
  const own = / \[(RTD_[A-Z_]+)(?:, default: (.*))?\]$/.exec(said);
  const what = own === null ? said : said.slice(0, own.index);
  const choices = flag.type === 'option' && flag.options !== undefined ? ` (${flag.options.join(', ')})` : '';
  return [
    `${flag.char === undefined ? '' : `\`-${flag.char}\`, `}\`--${flag.type === 'boolean' && flag.allowNo === true ? '[no-]' : ''}${name}\``,
    codeOf(own?.[1] ?? flag.env),
    what.includes(choices.slice(2, -1)) ? what : `${what}${choices}`,
    own?.[2] ?? defaultOf(flag),
  ];
}

function codeOf(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}

function defaultOf(flag: Flag): string {
  if (flag.type === 'boolean' || flag.default === undefined || typeof flag.default === 'function') return '';
  return codeOf(String(flag.default));
}

/** The help: short where one has asked for nothing yet, complete with examples where one asks about a command. */
import { Help } from '@oclif/core/help';
import { Chalk } from 'chalk';
import { COMMANDS, type ListedCommand } from './command-list.ts';
import { colourLevel } from './output/colour-level.ts';

/** Named in the manifest as oclif's help class. */
export default class RtdHelp extends Help {
  override showRootHelp(): Promise<void> {
    this.log(rootHelp(this.config.version, colourLevel(process.env)));
    return Promise.resolve();
  }
}

/** What `rtd` alone says. `level` is that of the terminal's colours, 0 for none. */
export function rootHelp(version: string, level: 0 | 1 | 2 | 3): string {
  const colour = new Chalk({ level });
  const width = Math.max(...COMMANDS.map(({ words }) => words.length)) + 3;
  const line = ({ words, summary }: ListedCommand): string => `  ${colour.cyan(words.padEnd(width))}${summary}`;
  const commands: readonly ListedCommand[] = COMMANDS;
  const variables = [
    ['RTD_URL', 'the server; http://127.0.0.1:8080 when not set'],
    ['RTD_USER', 'who you are; a guest when not set'],
    ['RTD_TOKEN', 'a token, for servers that want one'],
  ] as const;
  return [
    `${colour.bold('rtd')} ${colour.dim(version)}  chat and live prices, in real time, in your terminal`,
    '',
    `${colour.bold('Start here')}`,
    ...commands.filter(({ first }) => first).map(line),
    '',
    `${colour.bold('And')}`,
    ...commands.filter(({ first }) => !first).map(line),
    '',
    `${colour.bold('Everywhere')}`,
    ...variables.map(([name, meaning]) => `  ${colour.cyan(name.padEnd(width))}${meaning}`),
    '',
    colour.dim(`rtd <command> --help has the options and examples of each.`),
  ].join('\n');
}

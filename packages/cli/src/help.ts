/** The help: five commands where one has asked for nothing yet, all of them where one asks, complete with examples each. */
import { Help } from '@oclif/core/help';
import { Chalk, type ChalkInstance } from 'chalk';
import { COMMANDS, type ListedCommand } from './command-list.ts';
import { colourLevel } from './output/colour-level.ts';

/** Named in the manifest as oclif's help class. */
export default class RtdHelp extends Help {
  override showRootHelp(): Promise<void> {
    const asked = process.argv.length > 2;
    const level = colourLevel(process.env);
    this.log(asked ? wholeHelp(this.config.version, level) : firstHelp(this.config.version, level));
    return Promise.resolve();
  }
}

type Level = 0 | 1 | 2 | 3;

const LISTED: readonly ListedCommand[] = COMMANDS;

/** What `rtd` alone says: what one wants first. `level` is that of the terminal's colours, 0 for none. */
export function firstHelp(version: string, level: Level): string {
  const colour = new Chalk({ level });
  return [
    title(version, colour),
    '',
    ...table(LISTED.filter(({ first }) => first).map(rowOf), colour),
    '',
    colour.dim('rtd --help has all commands, rtd <command> --help the options and examples of one.'),
  ].join('\n');
}

/** What `rtd --help` says: every command. */
export function wholeHelp(version: string, level: Level): string {
  const colour = new Chalk({ level });
  const variables = [
    ['RTD_URL', 'the server; http://127.0.0.1:8080 when not set'],
    ['RTD_USER', 'who you are; a guest when not set'],
    ['RTD_TOKEN', 'a token, for servers that want one'],
  ] as const;
  return [
    title(version, colour),
    '',
    colour.bold('Start here'),
    ...table(LISTED.filter(({ first }) => first).map(rowOf), colour),
    '',
    colour.bold('And'),
    ...table(LISTED.filter(({ first }) => !first).map(rowOf), colour),
    '',
    colour.bold('Everywhere'),
    ...table(variables, colour),
    '',
    'Every option is a variable, too, and can be kept: rtd config set url https://chat.example.com',
    colour.dim('rtd <command> --help has the options and examples of each.'),
  ].join('\n');
}

type Row = readonly [name: string, meaning: string];

const WIDTH = Math.max(...LISTED.map(({ words }) => words.length)) + 3;

function title(version: string, colour: ChalkInstance): string {
  return `${colour.bold('rtd')} ${colour.dim(version)}  chat and live prices, in real time, in your terminal`;
}

function rowOf({ words, summary }: ListedCommand): Row {
  return [words, summary];
}

function table(rows: readonly Row[], colour: ChalkInstance): string[] {
  return rows.map(([name, meaning]) => `  ${colour.cyan(name.padEnd(WIDTH))}${meaning}`);
}

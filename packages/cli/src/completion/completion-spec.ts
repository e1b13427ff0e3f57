/** What there is to complete, free of any shell: every command, and the options of each. */
import { loadCommands } from '../all-commands.ts';

export interface CompletionSpec {
  readonly commands: readonly CompletedCommand[];
}

export interface CompletedCommand {
  /** `watch chat`: one word or two. */
  readonly words: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What its argument may be, where it takes one of a few. */
  readonly values: readonly string[];
}

export interface CompletedOption {
  /** With its dashes. */
  readonly name: string;
  readonly description: string;
  /** What follows it: nothing, one of a few values, a file or folder, or something that nobody can guess. */
  readonly takes: 'nothing' | 'file' | 'text' | readonly string[];
}

/** Of all commands of this program. */
export async function completionSpec(): Promise<CompletionSpec> {
  const commands = (await loadCommands()).map(({ words, summary, command }): CompletedCommand => {
    const options = Object.entries(command.flags).flatMap(([name, flag]): CompletedOption[] => {
      const description = firstWords(flag.description ?? flag.summary ?? '');
      if (flag.type !== 'boolean') {
        const isPath = /^(file|dir|folder|.*-(file|dir|folder))$/.test(name);
        return [
          {
            name: `--${name}`,
            description,
            takes: flag.options ?? choicesIn(flag.helpValue) ?? (isPath ? 'file' : 'text'),
          },
        ];
      }
      const option = { name: `--${name}`, description, takes: 'nothing' } as const;
      return flag.allowNo === true ? [option, { ...option, name: `--no-${name}` }] : [option];
    });
    const help = { name: '--help', description: 'show help', takes: 'nothing' } as const;
    const values = Object.values(command.args).flatMap((argument) => argument.options ?? []);
    return { words, summary, options: [...options, help], values };
  });
  return { commands };
}

/** First words of the commands and, under each of those that have some, the second ones; with a description each. */
export function wordsOf({ commands }: CompletionSpec): ReadonlyMap<string, readonly (readonly [string, string])[]> {
  const below = new Map<string, (readonly [string, string])[]>();
  const top = new Map<string, string>();
  for (const { words, summary } of commands) {
    const [first = '', second] = words.split(' ');
    if (second !== undefined) below.set(first, [...(below.get(first) ?? []), [second, summary]]);
    top.set(first, second === undefined ? summary : (top.get(first) ?? ''));
  }
  // A word that is no command by itself says which ones it begins.
  const described = [...top].map(
    ([word, summary]) =>
      [word, summary === '' ? (below.get(word) ?? []).map(([second]) => second).join(', ') : summary] as const,
  );
  return new Map([['', described], ...below]);
}

/** The commands of two words. */
export function pairsOf({ commands }: CompletionSpec): readonly string[] {
  return commands.map(({ words }) => words).filter((words) => words.includes(' '));
}

/** The server's options are checked by the server; their help says what they may be: `open|jwt`. */
function choicesIn(helpValue: string | string[] | undefined): readonly string[] | undefined {
  return typeof helpValue === 'string' && /^[a-z]+(\|[a-z]+)+$/.test(helpValue) ? helpValue.split('|') : undefined;
}

function firstWords(description: string): string {
  const text = description.replace(/\s*\[.*$/s, '').replaceAll(/\s+/g, ' ');
  return text.length <= 70 ? text : `${text.slice(0, 69)}…`;
}

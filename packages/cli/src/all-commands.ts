/** Every command with its flags and arguments, for what is made out of all of them. Loads them all: slow (half a second). */
import type { Command } from '@oclif/core/command';
import { COMMANDS } from './command-list.ts';
import { nameVariables } from './flags/variables.ts';

export interface LoadedCommand {
  /** As in the command list: `watch chat`. */
  readonly words: string;
  readonly summary: string;
  readonly command: typeof Command;
}

export async function loadCommands(): Promise<readonly LoadedCommand[]> {
  return Promise.all(
    COMMANDS.map(async ({ words, summary }) => ({ words, summary, command: await loadCommand(words) })),
  );
}

/** The class of one command; its flags have their variables. */
export async function loadCommand(words: string): Promise<typeof Command> {
  const file = new URL(`./commands/${words.replaceAll(' ', '/')}.js`, import.meta.url);
  const loaded: { readonly default: typeof Command } = await import(file.href);
  nameVariables(words, loaded.default.flags);
  return loaded.default;
}

/** Finds calls of `rtd` in shell lines, and tells which of them name a command or an option that there is not. */

export interface KnownCommand {
  /** As it is typed: `watch chat`. */
  readonly words: string;
  /** With their dashes, the forms with `no-` and of one letter included. */
  readonly options: ReadonlySet<string>;
}

/** Where a shell looks for a program: at the start, behind npx, a variable, a pipe, a bracket. */
const CALL = /(?<=^\s*|npx |\$\(|\$ |[;&|]\s*|[A-Z]=\S* )rtd(?![\w./=-])([^|&;)]*)/g;
/** A text that is an argument, and no program in it. */
const QUOTED = /"[^"$]*"|'[^']*'/g;
const EVERYWHERE = new Set(['--help', '-h', '--version']);

/** One line a call that would not be understood. */
export function complaintsAbout(shell: string, commands: readonly KnownCommand[]): readonly string[] {
  return [...shell.replaceAll(QUOTED, 'text').matchAll(CALL)].flatMap((match) => {
    const words = (match[1] ?? '').split(/[\s"']+/).filter((word) => word !== '');
    return complaintsAboutCall(words, commands);
  });
}

function complaintsAboutCall(words: readonly string[], commands: readonly KnownCommand[]): readonly string[] {
  const [first, second] = words;
  // `rtd` alone, and `rtd <command> --help`.
  if (first === undefined || /^[<…$]/.test(first)) return [];
  if (first.startsWith('-')) return EVERYWHERE.has(first) ? [] : [`rtd has no option ${first}`];
  const meant =
    commands.filter((each) => each.words === `${first} ${second}`).at(0) ??
    commands.filter((each) => each.words === first).at(0);
  // `rtd bench` stands for all of its kinds.
  const candidates = meant === undefined ? commands.filter((each) => each.words.startsWith(`${first} `)) : [meant];
  if (candidates.length === 0) return [`there is no command rtd ${first}`];
  if (meant === undefined && second !== undefined && /^[a-z]/.test(second)) {
    return [`there is no command rtd ${first} ${second}`];
  }
  return words
    .map((word) => word.replace(/=.*$/, ''))
    .filter((word) => /^--?[a-z]/.test(word) && !EVERYWHERE.has(word))
    .filter((option) => !candidates.some(({ options }) => options.has(option)))
    .map((option) => `rtd ${meant?.words ?? first} has no option ${option}`);
}

/**
 * From a process to its exit code: finds the command, loads that one only, and turns whatever goes wrong into one line.
 * Promises: no stack trace unless asked for (`DEBUG=rtd`), and a reader that goes away (`| head`) ends it quietly with 0.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PJSON } from '@oclif/core/interfaces';
import { COMMANDS } from './command-list.ts';
import { closest } from './did-you-mean.ts';

const ROOT = path.join(import.meta.dirname, '..');

/** Runs what `process.argv` says. Sets the exit code; the process ends when the command has closed what it opened. */
export async function main(process: NodeJS.Process): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
  }
  const unexpected = (error: unknown): void => {
    // The log writes to standard output past the stream above.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') process.exit(0);
    void report(error, process.argv.slice(2), process).finally(() => process.exit(1));
  };
  process.on('uncaughtException', unexpected);
  process.on('unhandledRejection', unexpected);
  const argv = withoutHelpWord(process.argv.slice(2));
  try {
    if (argv[0] === '--version' || argv[0] === '-v' || argv[0] === 'version') {
      const { version } = packageJson();
      process.stdout.write(`rtd/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
      return;
    }
    const found = commandIn(argv);
    // oclif looks for commands by their files; told which one is meant, it need not load all the others.
    const only = found === undefined ? [] : [`${found.file}.js`, `${found.file}/**/*.js`];
    await runCommand(argv, only);
  } catch (error) {
    process.exitCode = await report(error, argv, process);
  }
}

async function runCommand(argv: string[], files: string[]): Promise<void> {
  const [{ Config }, { run }, { settings }] = await Promise.all([
    import('@oclif/core/config'),
    import('@oclif/core/run'),
    import('@oclif/core/settings'),
  ]);
  settings.enableAutoTranspile = false;
  const pjson = withCommands(packageJson(), files);
  // oclif would look for plugins in what it takes for its data folder, RTD_DATA_DIR: that one is ours.
  await run(argv, await Config.load({ root: ROOT, pjson, userPlugins: false, devPlugins: false }));
}

/** `rtd help send` is `rtd send --help`. */
function withoutHelpWord(argv: readonly string[]): string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
}

/** The file of the command, or the folder of several, that `argv` begins with. @throws Error for a word that is none. */
function commandIn(argv: readonly string[]): { readonly file: string } | undefined {
  const [first = '', second = ''] = argv;
  if (first === '' || first.startsWith('-')) return undefined;
  const names: readonly string[] = COMMANDS.map(({ words }) => words);
  if (names.includes(first)) return { file: first };
  const below = names.filter((words) => words.startsWith(`${first} `));
  if (below.length > 0 && (second === '' || second.startsWith('-') || below.includes(`${first} ${second}`))) {
    return { file: first };
  }
  throw new UnknownCommand(below.length > 0 ? `${first} ${second}` : first, below.length > 0 ? below : names);
}

class UnknownCommand extends Error {
  constructor(typed: string, names: readonly string[]) {
    const meant =
      closest(typed, names) ??
      names.find((words) => words.split(' ')[0] === closest(typed, [words.split(' ')[0] ?? '']));
    const hint = meant === undefined ? '' : ` Did you mean "rtd ${meant}"?`;
    super(`There is no command "${typed.slice(0, 80)}".${hint} "rtd --help" lists them all.`);
    this.name = 'UnknownCommand';
  }
}

function packageJson(): PJSON {
  return JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
}

function withCommands(pjson: PJSON, globPatterns: string[]): PJSON {
  const commands = { strategy: 'pattern', target: './dist/commands', globPatterns } as const;
  return { ...pjson, oclif: { ...pjson.oclif, commands } };
}

/** Says what went wrong; the exit code. */
async function report(thrown: unknown, argv: readonly string[], process: NodeJS.Process): Promise<number> {
  // oclif ends a command with an error that only carries a code: after --help, for example.
  const exit = thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIT' && 'oclif' in thrown;
  if (exit) return exitCodeIn(thrown.oclif);
  if (thrown instanceof UnknownCommand) {
    process.stderr.write(`rtd: ${thrown.message}\n`);
    return 2;
  }
  const { verdictOn } = await import('./failure.ts');
  const { safeText } = await import('@rtd/tui/safe-text');
  const words = argv.slice(0, argv[0] === 'watch' ? 2 : 1).filter((word) => !word.startsWith('-'));
  const verdict = verdictOn(thrown, words.join(' '));
  for (const line of verdict.text.split('\n')) process.stderr.write(`rtd: ${safeText(line)}\n`);
  if (/(^|,)(rtd|\*)/.test(process.env.DEBUG ?? '') && verdict.stack !== undefined) {
    process.stderr.write(`${safeText(verdict.stack, { lines: true })}\n`);
  }
  return verdict.exitCode;
}

function exitCodeIn(oclif: unknown): number {
  const code = typeof oclif === 'object' && oclif !== null && 'exit' in oclif ? oclif.exit : 0;
  return typeof code === 'number' ? code : 0;
}

/**
 * From a process to its exit code: finds the command, loads that one only, and turns whatever goes wrong into one line.
 * Promises: no stack trace unless asked for (`DEBUG=rtd`), and a reader that goes away (`| head`) ends it quietly with 0.
 * What the config file sets is in the environment before the command sees it.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { PJSON } from '@oclif/core/interfaces';
import { COMMANDS } from './command-list.ts';
import { configPath } from './config/config-path.ts';
import { closest } from './did-you-mean.ts';
import { endOnSignals } from './interruption.ts';

const ROOT = path.join(import.meta.dirname, '..');

/** Runs what `process.argv` says. Sets the exit code; the process ends when the command has closed what it opened. */
export async function main(process: NodeJS.Process): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
  }
  /** Variables that the config file has set. */
  const fromFile = new Set<string>();
  const unexpected = (error: unknown): void => {
    // The log writes to standard output past the stream above.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') process.exit(0);
    void report(error, process.argv.slice(2), process, fromFile).finally(() => process.exit(1));
  };
  process.on('uncaughtException', unexpected);
  process.on('unhandledRejection', unexpected);
  endOnSignals(process);
  const argv = withoutHelpWord(process.argv.slice(2));
  try {
    if (argv[0] === '--version' || argv[0] === '-v' || argv[0] === 'version') {
      const { version } = packageJson();
      process.stdout.write(`rtd/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
      return;
    }
    const found = commandIn(argv);
    if (found?.words !== undefined) await prepare(found.words, argv, process, fromFile);
    // oclif looks for commands by their files; told which one is meant, it need not load all the others.
    const only = found === undefined ? [] : [`${found.file}.js`, `${found.file}/**/*.js`];
    await runCommand(argv, only);
  } catch (error) {
    // Interrupted while it asked somebody: its exit code says so, and nothing else is to be told.
    const interrupted = error instanceof Error && error.name === 'AbortError' && Number(process.exitCode) > 128;
    if (!interrupted) process.exitCode = await report(error, argv, process, fromFile);
  }
}

/** Gives the command's flags their variables, and the variables what the config file says; notes these in `fromFile`. */
async function prepare(
  words: string,
  argv: readonly string[],
  process: NodeJS.Process,
  fromFile: Set<string>,
): Promise<void> {
  const { loadCommand } = await import('./all-commands.ts');
  await loadCommand(words);
  // These say what the file is, or need nothing of it: a broken one must not stop them.
  const asks = argv.includes('--help') || argv.includes('-h');
  if (asks || words.startsWith('config ') || words === 'completion') return;
  const { readSettings } = await import('./config/settings-file.ts');
  const { environmentFrom } = await import('./config/settings.ts');
  const { env, platform } = process;
  const settings = readSettings(configPath({ env, platform, homeDirectory: homedir() }));
  const asked = { profile: valueIn(argv, 'profile'), url: valueIn(argv, 'url') !== undefined };
  for (const [variable, value] of Object.entries(environmentFrom(settings, env, asked))) {
    env[variable] = value;
    fromFile.add(variable);
  }
}

/** What `--name value` or `--name=value` says on a command line. */
function valueIn(argv: readonly string[], name: string): string | undefined {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const at = words.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const [, value] = words[at]?.split(/=(.*)/s) ?? [];
  return at === -1 ? undefined : (value ?? words[at + 1] ?? '');
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

/**
 * The command that `argv` begins with and its file, or the folder of several commands. `words` is undefined where only
 * their topic was named. @throws Error for a word that is none.
 */
function commandIn(argv: readonly string[]): { readonly words: string | undefined; readonly file: string } | undefined {
  const [first = '', second = ''] = argv;
  if (first.startsWith('-') && !PROGRAM_OPTIONS.includes(first)) throw new UnknownOption(first);
  if (first === '' || first.startsWith('-')) return undefined;
  const names: readonly string[] = COMMANDS.map(({ words }) => words);
  const below = names.filter((words) => words.startsWith(`${first} `));
  const two = `${first} ${second}`;
  if (below.includes(two)) return { words: two, file: first };
  const alone = second === '' || second.startsWith('-');
  // A command that takes no arguments and has others below it: the second word was to be one of them.
  if (names.includes(first) && (alone || below.length === 0)) return { words: first, file: first };
  if (below.length > 0 && alone) return { words: undefined, file: first };
  throw new UnknownCommand(below.length > 0 ? two : first, below.length > 0 ? below : names);
}

/** Of the program itself. */
const PROGRAM_OPTIONS: readonly string[] = ['--help', '-h', '--version', '-v'];

/** What was typed names nothing that there is. */
class Unknown extends Error {}

class UnknownOption extends Unknown {
  constructor(typed: string) {
    const meant = closest(typed, ['--help', '--version']);
    const hint =
      meant === undefined
        ? 'Options come behind the command: rtd send --name ann "Hello".'
        : `Did you mean "rtd ${meant}"?`;
    super(`There is no option ${typed.slice(0, 80)} of rtd itself. ${hint} "rtd --help" lists the commands.`);
    this.name = 'UnknownOption';
  }
}

class UnknownCommand extends Unknown {
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
async function report(
  thrown: unknown,
  argv: readonly string[],
  process: NodeJS.Process,
  fromFile: ReadonlySet<string>,
): Promise<number> {
  // oclif ends a command with an error that only carries a code: after --help, for example.
  const exit = thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIT' && 'oclif' in thrown;
  if (exit) return exitCodeIn(thrown.oclif);
  if (thrown instanceof Unknown) {
    process.stderr.write(`rtd: ${thrown.message}\n`);
    return 2;
  }
  const { verdictOn } = await import('./failure.ts');
  const { safeText } = await import('@rtd/tui/safe-text');
  const words = commandIn(argv)?.words ?? argv[0] ?? '';
  const verdict = verdictOn(thrown, words);
  const text = await withSource(verdict.text, words, argv, process.env, fromFile);
  for (const line of text.split('\n')) process.stderr.write(`rtd: ${safeText(line)}\n`);
  if (/(^|,)(rtd|\*)/.test(process.env.DEBUG ?? '') && verdict.stack !== undefined) {
    process.stderr.write(`${safeText(verdict.stack, { lines: true })}\n`);
  }
  return verdict.exitCode;
}

/** A wrong value that was not typed: says where it comes from. */
async function withSource(
  text: string,
  words: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  fromFile: ReadonlySet<string>,
): Promise<string> {
  const [, name] = /--([a-z][\w-]*)/.exec(text) ?? [];
  if (name === undefined || !COMMANDS.some((command) => command.words === words) || valueIn(argv, name) !== undefined) {
    return text;
  }
  const { loadCommand } = await import('./all-commands.ts');
  const { settingOf } = await import('./flags/variables.ts');
  const variable = (await loadCommand(words)).flags[name]?.env;
  if (variable === undefined || (env[variable] ?? '') === '') return text;
  const file = configPath({ env, platform: process.platform, homeDirectory: homedir() });
  const place = fromFile.has(variable) ? `${settingOf(variable)} in ${file}` : `the environment variable ${variable}`;
  return `${text} (That is ${place}.)`;
}

function exitCodeIn(oclif: unknown): number {
  const code = typeof oclif === 'object' && oclif !== null && 'exit' in oclif ? oclif.exit : 0;
  return typeof code === 'number' ? code : 0;
}

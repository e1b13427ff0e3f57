/** `rtd seed`: something to look at: people who have talked, and prices that have moved. */
import { once } from 'node:events';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from '@oclif/core/command';
import { boolean, option, string } from '@oclif/core/flags';
import { type Config, openStores, silentLog, systemClock } from '@rtd/server';
import { summaryOf } from '../command-list.ts';
import { Failure, UsageError } from '../failure.ts';
import { configOf } from '../flags/server.ts';
import { numberFlag } from '../flags/values.ts';
import { onStop } from '../interruption.ts';
import { jsonLine } from '../output/lines.ts';
import { createProgressBar } from '../output/progress-bar.ts';
import { planSeed } from '../seed/plan.ts';
import { type Advance, writeMessages, writeReadMarks, writeRooms, writeTicks } from '../seed/write-seed.ts';
import { environmentOfWhatIsUp } from '../services/open-services.ts';
import { withoutPassword } from '../services/without-password.ts';

/** What of the environment counts here: where messages and ticks are kept. */
const HEEDED = ['RTD_MYSQL_URL', 'RTD_KAFKA_BROKERS', 'RTD_DATA_DIR', 'XDG_DATA_HOME', 'LOCALAPPDATA'];
const DAY_MILLIS = 86_400_000;

export default class Seed extends Command {
  static override summary = summaryOf('seed');
  static override description =
    'Into what RTD_MYSQL_URL and RTD_KAFKA_BROKERS name, else into the files of the data folder, whose server has to be ' +
    'stopped for it: tables and topics, people in rooms, what they have said over the last day, and a day of prices. ' +
    'Repeating it stores nothing twice; prices are written only where there are none yet.';
  static override examples = [
    '<%= config.bin %> seed',
    '<%= config.bin %> seed --backends up --users 200 --messages 100000',
    '<%= config.bin %> seed --reset --yes',
  ];
  static override flags = {
    users: numberFlag({ description: 'people', takes: 'a number of people from 2 to 5000', min: 2, max: 5_000 })({
      default: 20,
    }),
    messages: numberFlag({
      description: 'messages they have sent',
      takes: 'a number of messages up to 10000000',
      min: 0,
      max: 10_000_000,
    })({ default: 2_000 }),
    ticks: numberFlag({
      description: 'ticks of the day, of all symbols together',
      takes: 'a number of ticks up to 10000000',
      min: 0,
      max: 10_000_000,
    })({ default: 20_000 }),
    seed: string({ description: 'any short text; the same one gives the same', default: 'rtd', helpValue: 'TEXT' }),
    reset: boolean({ description: 'first remove every message, conversation and tick that is there' }),
    yes: boolean({ description: 'do not ask before anything is removed' }),
    json: boolean({ description: 'one JSON document at the end: where it went, and how much of it is new' }),
    backends: option({ description: 'up: into what "rtd up" has started', options: ['up'] as const })(),
    'data-dir': string({ description: "the server's data folder [RTD_DATA_DIR]", helpValue: 'FOLDER' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Seed);
    if (!/^[\w.-]{1,24}$/.test(flags.seed))
      throw new UsageError(`--seed takes up to 24 letters, digits or . _ -, not "${flags.seed.slice(0, 80)}".`);
    const { env, platform, stdout } = process;
    const found = flags.backends === 'up' ? await environmentOfWhatIsUp(process) : {};
    const heeded = Object.fromEntries(HEEDED.map((name) => [name, env[name]]));
    const config = configOf({
      flags: { 'data-dir': flags['data-dir'] },
      env: { ...heeded, ...found },
      platform,
      homeDirectory: homedir(),
    });
    if (flags.reset && !flags.yes) await agreed(config);

    using stop = onStop(process);
    const { signal } = stop;
    await using stores = await openStores({ config, clock: systemClock, log: silentLog(), empty: flags.reset });
    const { store, tickLog } = stores;
    const { seed, users, messages, ticks } = flags;
    const plan = planSeed({ seed, users });
    const now = Date.now();
    const span = { from: now - DAY_MILLIS, to: now };

    const print = (line: string): void => {
      if (!flags.json) stdout.write(`${line}\n`);
    };
    print(placesOf(config).join('\n'));
    const rooms = await writeRooms(store, plan.rooms);
    print(`${counted(users, 'person', 'people')} in ${counted(plan.rooms.length, 'room')}, ${rooms.stored} new`);
    const written = await withBar('messages', messages, (advance) =>
      writeMessages(store, plan, messages, span, advance, signal),
    );
    print(`${counted(written.stored + written.known, 'message')}, ${number(written.stored)} new`);
    const marked = signal.aborted ? undefined : await writeReadMarks(store, plan);
    if (marked !== undefined) print(counted(marked, 'read mark'));
    const priced = await withBar('ticks', ticks, (advance) => writeTicks(tickLog, seed, ticks, span, advance, signal));
    print(
      priced === undefined
        ? 'ticks: there are some already, so none were written (--reset removes them)'
        : counted(priced, 'tick'),
    );
    if (flags.json) {
      const [messagesAt, ticksAt] = placesOf(config).map((place) => place.replace(/^\w+: +/, ''));
      const stored = {
        places: { messages: messagesAt, ticks: ticksAt },
        people: users,
        rooms: { all: plan.rooms.length, new: rooms.stored },
        messages: { all: written.stored + written.known, new: written.stored },
        readMarks: marked ?? 0,
        ticks: { new: priced ?? 0 },
        complete: !signal.aborted,
      };
      stdout.write(`${jsonLine(stored)}\n`);
    }
    if (signal.aborted) process.exitCode = stop.exitCode;
  }
}

async function withBar<Result>(
  what: string,
  total: number,
  work: (advance: Advance) => Promise<Result>,
): Promise<Result> {
  const bar = createProgressBar(process.stderr, what, total, () => performance.now());
  try {
    return await work((done) => bar.update(done));
  } finally {
    bar.close();
  }
}

/** Where everything goes, without passwords. */
function placesOf({ mysqlUrl, kafkaBrokers, dataDir }: Config): readonly string[] {
  const file = (name: string): string => path.resolve(dataDir, name);
  return [
    `messages: ${mysqlUrl === undefined ? file('messages.db') : withoutPassword(mysqlUrl)}`,
    `ticks:    ${kafkaBrokers === undefined ? file('ticks.db') : `Kafka at ${kafkaBrokers.join(', ')}`}`,
  ];
}

/** Asks on the terminal. @throws UsageError where there is none, Failure for anything but `yes`. */
async function agreed(config: Config): Promise<void> {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true || stderr.isTTY !== true)
    throw new UsageError('--reset removes every message and tick, and there is no terminal to ask on: say --yes, too.');
  stderr.write(`This removes every message, conversation and tick in\n  ${placesOf(config).join('\n  ')}\n`);
  const asking = createInterface({ input: stdin, output: stderr });
  // Ctrl-C and Ctrl-D close the question without an answer.
  const left = once(asking, 'close').then(() => '\n');
  const answer = await Promise.race([
    asking.question('No server may be using them. Type yes to go on: ').catch(() => '\n'),
    left,
  ]);
  asking.close();
  if (answer === '\n') stderr.write(answer);
  if (answer.trim() !== 'yes') throw new Failure('Nothing was removed, and nothing written.');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function counted(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** `rtd start`: everything at once, for whoever wants to see it. */
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { UserId } from '@rtd/protocol';
import { summaryOf } from '../command-list.ts';
import type { Embedded } from '../embedded/embedded.ts';
import { identityOf } from '../flags/connection.ts';
import { themeFlag } from '../flags/theme.ts';
import { numberFlag } from '../flags/values.ts';
import { aborted, onStop } from '../interruption.ts';

/** What of the environment counts here: this server is always an embedded one, on this machine. */
const HEEDED = ['RTD_PORT', 'RTD_DATA_DIR', 'RTD_LOG_LEVEL', 'XDG_DATA_HOME', 'LOCALAPPDATA'];

export default class Start extends Command {
  static override summary = summaryOf('start');
  static override description =
    'A server on this machine that needs nothing else, a simulated market of eight symbols, three talkative bots, and the ' +
    'terminal client. Without a terminal it says where everything is and serves until Ctrl-C.';
  static override examples = [
    '<%= config.bin %> start --name alice',
    '<%= config.bin %> start --no-bots --rate 200',
    '<%= config.bin %> start --port 9000 --data-dir ./demo-data',
  ];
  static override flags = {
    name: string({
      description: 'who you are; your name on this machine when not given',
      env: 'RTD_USER',
      helpValue: 'NAME',
    }),
    port: string({
      description: 'port to listen on, or the next free one [RTD_PORT, default: 8080]',
      helpValue: 'PORT',
    }),
    'data-dir': string({
      description: "folder for messages, ticks and the log [RTD_DATA_DIR, default: rtd in the platform's data folder]",
      helpValue: 'FOLDER',
    }),
    bots: boolean({ description: 'three bots who talk about the prices', default: true, allowNo: true }),
    ascii: boolean({ description: 'draw with ASCII only, for terminals and fonts without more' }),
    json: boolean({ description: 'without a terminal: where everything is, as one JSON document' }),
    theme: themeFlag(),
    rate: numberFlag({
      description: 'simulated ticks a second; 0 for none',
      takes: 'a number of ticks a second, such as 20',
      min: 0,
      max: 100_000,
      fractions: true,
    })({ default: 20 }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Start);
    const { stdin, stdout, env } = process;
    const screen = stdin.isTTY === true && stdout.isTTY === true;
    const { configOf } = await import('../flags/server.ts');
    const { startInFreeFolder } = await import('../embedded/free-folder.ts');
    const { welcome } = await import('../embedded/welcome.ts');
    const { jsonLine } = await import('../output/lines.ts');
    const wanted = configOf({
      flags: { port: flags.port, 'data-dir': flags['data-dir'] },
      env: Object.fromEntries(HEEDED.map((name) => [name, env[name]])),
      platform: process.platform,
      homeDirectory: homedir(),
    });
    const config = { ...wanted, dataDir: path.resolve(wanted.dataDir), nextFreePort: wanted.port !== 0 };
    const chosen = flags['data-dir'] !== undefined || (env.RTD_DATA_DIR ?? '') !== '';
    using stop = onStop(process);
    const started = await startInFreeFolder({ config, bots: flags.bots, rate: flags.rate }, chosen ? 1 : 9);
    try {
      const notes = notesOn(config, started);
      if (!screen) {
        const { server, dataDir, logFile } = started;
        const places = { url: server.url, dataDir, logFile, notes };
        stdout.write(`${flags.json ? jsonLine(places) : welcome(places)}\n`);
        await aborted(stop.signal);
        return;
      }
      const { runScreen } = await import('../terminal/run-screen.ts');
      const identity = identityOf(flags.name ?? ownName(), {});
      const { url } = started.server;
      // The port may be another one the next time; the data folder says which server it is.
      const server = `start:${started.dataDir}`;
      const { logFile } = started;
      const { ascii, theme } = flags;
      process.exitCode = await runScreen({
        process,
        url,
        identity,
        server,
        ascii,
        theme,
        signal: stop.signal,
        notes,
        logFile,
      });
    } finally {
      await started.close();
    }
  }
}

/** Where it is other than asked for, a line each. */
function notesOn(asked: { port: number; dataDir: string }, { server, dataDir }: Embedded): string[] {
  const notes: string[] = [];
  if (asked.port !== 0 && server.port !== asked.port) {
    notes.push(`Port ${asked.port} is in use, so this is at port ${server.port}: ${server.url}`);
  }
  if (dataDir !== asked.dataDir) {
    notes.push(`Another server has the data folder ${asked.dataDir}, so this one keeps its own in ${dataDir}`);
  }
  return notes;
}

/** Who has logged in to this machine, if that can be a name in a chat. */
function ownName(): string | undefined {
  try {
    return UserId.safeParse(userInfo().username).data;
  } catch {
    // An account without an entry in the user database, as containers have them.
    return undefined;
  }
}

/** `rtd serve`: the server, with all that can be set. */
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { Command } from '@oclif/core/command';
import { option } from '@oclif/core/flags';
import { createLog, startServer, systemClock } from '@rtd/server';
import { summaryOf } from '../command-list.ts';
import { configOf, serverFlags } from '../flags/server.ts';
import { aborted, onStop } from '../interruption.ts';
import { colourLevel } from '../output/colour-level.ts';
import { environmentOfWhatIsUp } from '../services/open-services.ts';
import { withoutPassword } from '../services/without-password.ts';

export default class Serve extends Command {
  static override summary = summaryOf('serve');
  static override description =
    'Needs nothing else: messages and ticks go into SQLite files. MySQL, Redis and Kafka are each taken when they are ' +
    'named, and make it one of several servers. Every option is an environment variable, too. Ctrl-C or SIGTERM lets ' +
    'everybody go in order and exits with 0; a second one ends it at once.';
  static override examples = [
    '<%= config.bin %> serve --port 9000 --data-dir ./data',
    '<%= config.bin %> serve --backends up',
    'RTD_AUTH=jwt RTD_JWT_SECRET=... <%= config.bin %> serve --host 0.0.0.0',
    '<%= config.bin %> serve --mysql-url mysql://root:root@localhost:3306/websockets_db --redis-url redis://localhost:6379',
  ];
  static override flags = {
    backends: option({
      description: 'up: use what "rtd up" has started; it wins over the variables, and the options below over it',
      options: ['up'] as const,
    })(),
    ...serverFlags,
  };

  override async run(): Promise<void> {
    const { backends, ...flags } = (await this.parse(Serve)).flags;
    const { platform, stdout } = process;
    const found = backends === 'up' ? await environmentOfWhatIsUp(process) : {};
    const env = { ...process.env, ...found };
    const terminal = stdout.isTTY === true;
    const config = configOf({ flags: textsOf(flags), env, platform, homeDirectory: homedir(), terminal });
    const log = createLog({ level: config.logLevel, format: config.logFormat, colour: colourLevel(env) > 0 });
    for (const [name, address] of Object.entries(found)) log.info(`${name}=${withoutPassword(address)} (rtd up)`);
    using stop = onStop(process);
    const server = await startServer(config, { clock: systemClock, randomBytes, log });
    await aborted(stop.signal);
    log.info('ending in order; Ctrl-C once more ends at once');
    await server.drain();
  }
}

function textsOf(flags: object): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(flags).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** `rtd up`: MySQL, Redis and Kafka on this machine. */
import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import { summaryOf } from '../command-list.ts';
import { Failure } from '../failure.ts';
import { onlyFlag } from '../flags/services.ts';
import { jsonLine } from '../output/lines.ts';
import { SERVICE_NAMES, type ServiceError } from '../services/native-service.ts';
import { openServices } from '../services/open-services.ts';
import { createProgress } from '../services/progress.ts';

export default class Up extends Command {
  static override summary = summaryOf('up');
  static override description =
    'As containers where Docker answers; otherwise, or with --native, as ordinary programs of yours (mariadbd, redis-server, ' +
    'Kafka on Java) in the data folder, on 127.0.0.1, which outlive this command. System services are never touched; where ' +
    'a usual port is taken, another one is. Repeating it is harmless. Standard output is what a shell needs to know.';
  static override examples = [
    '<%= config.bin %> up && <%= config.bin %> serve --backends up',
    'eval "$(<%= config.bin %> up --only redis,kafka)"',
    '<%= config.bin %> up --native',
  ];
  static override flags = {
    only: onlyFlag(),
    json: boolean({ description: 'one JSON document: the environment, and what "rtd status" says' }),
    native: boolean({ description: 'as programs of yours, also where Docker answers' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Up);
    const services = await openServices(process, { native: flags.native });
    const progress = createProgress(process.stderr, () => performance.now());
    let failures: readonly ServiceError[];
    try {
      failures = await services.start(flags.only ?? SERVICE_NAMES, progress);
    } finally {
      progress.close();
    }
    const environment = await services.environment();
    if (flags.json) process.stdout.write(`${jsonLine({ environment, services: await services.reports() })}\n`);
    else {
      for (const [name, value] of Object.entries(environment)) process.stdout.write(`export ${name}=${value}\n`);
    }
    if (failures.length > 0) throw new Failure(failures.map(({ message }) => message).join('\n'));
    if (process.stdout.isTTY === true) process.stderr.write('rtd: A server that uses them: rtd serve --backends up\n');
  }
}

/** `rtd down`: ends what `rtd up` has started. */
import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import { summaryOf } from '../command-list.ts';
import { onlyFlag } from '../flags/services.ts';
import { jsonLine } from '../output/lines.ts';
import { SERVICE_NAMES } from '../services/native-service.ts';
import { openServices } from '../services/open-services.ts';

export default class Down extends Command {
  static override summary = summaryOf('down');
  static override description =
    'Programs of yours and containers alike. What they keep stays, and is there again after the next "rtd up". Nothing else ' +
    'is ever ended.';
  static override examples = ['<%= config.bin %> down', '<%= config.bin %> down --only kafka'];
  static override flags = {
    only: onlyFlag(),
    json: boolean({ description: 'one JSON document: what was ended' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Down);
    const services = await openServices(process);
    const ended = await services.stop(flags.only ?? SERVICE_NAMES);
    if (flags.json) process.stdout.write(`${jsonLine({ ended })}\n`);
    else process.stdout.write(ended.length === 0 ? 'Nothing was up.\n' : `Ended: ${ended.join(', ')}.\n`);
  }
}

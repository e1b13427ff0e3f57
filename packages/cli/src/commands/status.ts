/** `rtd status`: what of MySQL, Redis and Kafka is up, and where. */
import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import { summaryOf } from '../command-list.ts';
import { jsonLine } from '../output/lines.ts';
import { openServices } from '../services/open-services.ts';
import type { ServiceReport } from '../services/services.ts';

export default class Status extends Command {
  static override summary = summaryOf('status');
  static override description = 'A line a service: its state, where it is (without a password), and where its log is.';
  static override examples = [
    '<%= config.bin %> status',
    '$ <%= config.bin %> status --json | jq -r \'.[] | select(.state == "up") | .name\'',
  ];
  static override flags = { json: boolean({ description: 'one JSON array' }) };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const reports = await (await openServices(process)).reports();
    process.stdout.write(
      flags.json ? `${jsonLine(reports)}\n` : reports.map((report) => `${lineOf(report)}\n`).join(''),
    );
  }
}

function lineOf({ name, state, pid, container, url, log }: ServiceReport): string {
  const by = pid === null ? (container === null ? '' : `container ${container}`) : `pid ${pid}`;
  const where = [by, url ?? '', state === 'down' ? '' : `log: ${log}`].filter((part) => part !== '').join('   ');
  return `${name.padEnd(7)}${state.padEnd(10)}${where}`.trimEnd();
}

/** `rtd watch market`: prices as they come, a line a tick; over any cut, none twice and none left out. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { connectMarket } from '@rtd/client';
import type { Tick } from '@rtd/protocol';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../../command-list.ts';
import { connectionFlags, identityOf } from '../../flags/connection.ts';
import { symbolsIn } from '../../flags/symbols.ts';
import { numberFlag } from '../../flags/values.ts';
import { aborted, onInterrupt } from '../../interruption.ts';
import { colourLevel } from '../../output/colour-level.ts';
import { jsonLine, priceLine } from '../../output/lines.ts';
import { linkReport } from '../../output/link-report.ts';
import { waitingFor } from '../../output/while-silent.ts';

export default class WatchMarket extends Command {
  static override summary = summaryOf('watch market');
  static override description =
    'Begins with the latest price of every symbol, and goes on until it is interrupted and over every break of the connection.';
  static override examples = [
    '<%= config.bin %> watch market --symbols BTC,ETH --conflate 1000',
    '<%= config.bin %> watch market --json | jq -r "[.symbol, .price] | @tsv"',
    '<%= config.bin %> watch market --json | head -1',
  ];
  static override flags = {
    symbols: string({ description: 'only these, with commas between them', helpValue: 'BTC,ETH' }),
    conflate: numberFlag({
      description: 'at most one price a symbol in so many milliseconds, the newest',
      takes: 'a number of milliseconds, such as 250',
      min: 0,
      max: 3_600_000,
    })(),
    json: boolean({ description: 'one JSON document a line' }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(WatchMarket);
    const level = colourLevel(process.env);
    using interruption = onInterrupt(process);
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const stream = connectMarket({
      url: flags.url,
      symbols: flags.symbols === undefined ? undefined : symbolsIn(flags.symbols),
      conflateMillis: flags.conflate,
      identity: identityOf(flags.name, process.env),
    });
    const print = (tick: Tick): void => {
      process.stdout.write(`${flags.json ? jsonLine(tick) : priceLine(tick, { level })}\n`);
    };
    try {
      stream.on('snapshot', (ticks) => {
        ticks.forEach(print);
        if (ticks.length > 0 || process.stdout.isTTY !== true) return;
        process.stderr.write('rtd: There are no prices yet. "rtd simulate" brings some.\n');
      });
      stream.on('tick', print);
      stream.on('reset', (reason) => {
        process.stderr.write(`rtd: Prices may be missing here: ${safeText(reason)}\n`);
      });
      await waitingFor(`an answer of ${stream.api.baseUrl}`, stream.api.health(interruption.signal));
      if (stream.state.kind === 'refused') throw stream.state.error;
      stream.on(
        'state',
        linkReport((line) => process.stderr.write(`rtd: ${line}\n`), reject),
      );
      await Promise.race([aborted(interruption.signal), failed]);
    } finally {
      stream.close();
      if (interruption.signal.aborted) process.exitCode = interruption.exitCode;
    }
  }
}

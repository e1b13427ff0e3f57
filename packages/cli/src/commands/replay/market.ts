/** `rtd replay market`: prices of the past out of the tick log, at their own pace. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { connectMarket, createHttpApi } from '@rtd/client';
import { formatLogPosition, type LogPosition, type Tick } from '@rtd/protocol';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../../command-list.ts';
import { connectionFlags, identityOf } from '../../flags/connection.ts';
import { momentIn } from '../../flags/moment.ts';
import { paceFlags } from '../../flags/pace.ts';
import { symbolsIn } from '../../flags/symbols.ts';
import { aborted, onInterrupt } from '../../interruption.ts';
import { colourLevel } from '../../output/colour-level.ts';
import { jsonLine, priceLine } from '../../output/lines.ts';
import { linkReport } from '../../output/link-report.ts';
import { printLine } from '../../output/print.ts';
import { createStatusLine } from '../../output/status-line.ts';
import { openStage } from '../../replay/stage.ts';
import { endOfLog, pastTicks, type TickLogSource } from '../../replay/tick-log.ts';

export default class ReplayMarket extends Command {
  static override summary = summaryOf('replay market');
  static override description =
    'Reads the log of ticks through the event stream: its ids are places in the log, and a stream resumes behind any that the log ' +
    'still keeps. On a terminal: space pauses, n goes to the next, + and - change the speed, q ends it. The lines of --json ' +
    'can be fed to a server again: rtd simulate --file.';
  static override examples = [
    '<%= config.bin %> replay market --from 10m --speed 10x',
    '<%= config.bin %> replay market --symbols BTC --from 09:30 --to 10:00 --json > btc.ndjson',
    '<%= config.bin %> replay market --speed max --json | wc -l',
  ];
  static override flags = {
    from: string({
      description: 'from this moment (2026-03-02T09:00, 09:30, 10m ago as 10m); all that the log keeps when not given',
      helpValue: 'MOMENT',
    }),
    to: string({ description: 'up to this moment', helpValue: 'MOMENT' }),
    symbols: string({ description: 'only these, with commas between them', helpValue: 'BTC,ETH' }),
    ...paceFlags,
    follow: boolean({ description: 'then go on with the prices of now' }),
    json: boolean({ description: 'one JSON document a line' }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(ReplayMarket);
    const now = Date.now();
    const from = flags.from === undefined ? Number.NEGATIVE_INFINITY : momentIn(flags.from, 'from', now);
    const to = flags.to === undefined ? Number.POSITIVE_INFINITY : momentIn(flags.to, 'to', now);
    const symbols = flags.symbols === undefined ? undefined : symbolsIn(flags.symbols);
    const wanted = new Set<string>(symbols);
    const level = colourLevel(process.env);
    using interruption = onInterrupt(process);
    const { signal } = interruption;
    const status = createStatusLine(process.stderr);
    const identity = identityOf(flags.name, process.env);
    const source: TickLogSource = { url: flags.url, identity, signal, say: (line) => status.line(safeText(line)) };
    const print = (tick: Tick): Promise<void> => {
      status.clear();
      return printLine(process.stdout, flags.json ? jsonLine(tick) : priceLine(tick, { level }));
    };
    let count = 0;
    try {
      await createHttpApi({ url: flags.url, identity }).health(signal);
      const end = await endOfLog(source);
      using stage = openStage({ speed: flags.speed, maxGapMillis: flags['max-gap'] }, { process, status, signal });
      for await (const tick of pastTicks(source, end, from)) {
        const time = Date.parse(tick.timestamp);
        if (time > to) break;
        if (time < from || (symbols !== undefined && !wanted.has(tick.symbol))) continue;
        await stage.pacer.due(time);
        if (signal.aborted) break;
        await print(tick);
        count += 1;
      }
      if (flags.follow && !signal.aborted) await follow(source, end, symbols, print);
      else if (count === 0 && process.stdout.isTTY === true) status.line('The log has no ticks there.');
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      status.clear();
      if (signal.aborted) process.exitCode = interruption.exitCode;
    }
  }
}

/** What has come since the replay has begun, and comes. */
async function follow(
  { url, identity, signal, say }: TickLogSource,
  end: LogPosition,
  symbols: readonly string[] | undefined,
  print: (tick: Tick) => Promise<void>,
): Promise<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const stream = connectMarket({ url, identity, symbols, lastEventId: formatLogPosition(end) });
  try {
    stream.on('tick', (tick) => void print(tick));
    stream.on('reset', (reason) => say(`Prices may be missing here: ${reason}`));
    stream.on('state', linkReport(say, reject));
    if (stream.state.kind === 'refused') throw stream.state.error;
    await Promise.race([aborted(signal), failed]);
  } finally {
    stream.close();
  }
}

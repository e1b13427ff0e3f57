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
import { aborted, onInterrupt, pause } from '../../interruption.ts';
import { colourLevel } from '../../output/colour-level.ts';
import { jsonLine, priceLine } from '../../output/lines.ts';
import { linkReport } from '../../output/link-report.ts';
import { printLine } from '../../output/print.ts';
import { createStatusLine } from '../../output/status-line.ts';
import { waitingFor } from '../../output/while-silent.ts';
import { type Playing, playTicks, sendTicks } from '../../replay/play-ticks.ts';
import { replayServer } from '../../replay/replay-target.ts';
import { openStage } from '../../replay/stage.ts';
import { endOfLog, pastTicks, type TickLogSource } from '../../replay/tick-log.ts';
import { openTickSender, type TickSender } from '../../replay/ticks-into.ts';

/** How often a log that is followed into another server is looked at. */
const FOLLOW_MILLIS = 500;

export default class ReplayMarket extends Command {
  static override summary = summaryOf('replay market');
  static override description =
    'Reads the log of ticks through the event stream: its ids are places in the log, and a stream resumes behind any that the log ' +
    'still keeps. On a terminal: space pauses, n goes to the next, + and - change the speed, q ends it. With --into the ticks go ' +
    'into the log of another server, in order and with the times they had. Broken off and repeated, it goes on where it was: what ' +
    'is there already is not sent again. For a server that wants a token: RTD_REPLAY_INTO_TOKEN. The lines of --json can be fed ' +
    'to a server, too: rtd simulate --file.';
  static override examples = [
    '<%= config.bin %> replay market --from 10m --speed 10x',
    '<%= config.bin %> replay market --symbols BTC --from 09:30 --to 10:00 --json > btc.ndjson',
    '<%= config.bin %> replay market --speed max --json | wc -l',
    '<%= config.bin %> replay market --from 2h --speed 10x --into http://127.0.0.1:8081',
  ];
  static override flags = {
    from: string({
      description: 'from this moment (2026-03-02T09:00, 09:30, 10m ago as 10m); all that the log keeps when not given',
      helpValue: 'MOMENT',
    }),
    to: string({ description: 'up to this moment', helpValue: 'MOMENT' }),
    symbols: string({ description: 'only these, with commas between them', helpValue: 'BTC,ETH' }),
    ...paceFlags,
    into: string({ description: 'send them again into this server', helpValue: 'URL' }),
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
    const named = new Set<string>(symbols);
    const wanted = ({ symbol, timestamp }: Tick): boolean => {
      const time = Date.parse(timestamp);
      return time >= from && time <= to && (symbols === undefined || named.has(symbol));
    };
    const { url, name } = flags;
    const identity = identityOf(name, process.env);
    const intoToken = process.env.RTD_REPLAY_INTO_TOKEN;
    const into = flags.into === undefined ? undefined : replayServer(flags.into, { url, identity, name, intoToken });
    const level = colourLevel(process.env);
    using interruption = onInterrupt(process);
    const { signal } = interruption;
    const status = createStatusLine(process.stderr);
    const say = (line: string): void => status.line(safeText(line));
    const source: TickLogSource = { url, identity, signal, say };
    const print = (tick: Tick): Promise<void> => {
      status.clear();
      return printLine(process.stdout, flags.json ? jsonLine(tick) : priceLine(tick, { level }));
    };
    let count = 0;
    let sends = false;
    try {
      await waitingFor(`an answer of ${url}`, createHttpApi({ url, identity }).health(signal));
      const end = await endOfLog(source);
      const sender = into === undefined ? undefined : await openSender({ ...into, signal, say }, wanted);
      sends = sender !== undefined;
      using stage = openStage({ speed: flags.speed, maxGapMillis: flags['max-gap'] }, { process, status, signal });
      const onPlayed = async (tick: Tick): Promise<void> => {
        count += 1;
        await print(tick);
      };
      const playing: Playing = { pacer: stage.pacer, signal, wanted, to, onPlayed };
      const past = pastTicks(source, end, from);
      await (sender === undefined ? playTicks(past, playing) : sendTicks(sender, past, playing));
      if (flags.follow && !signal.aborted) {
        if (sender === undefined) await follow(source, end, symbols, print);
        else await followInto(source, end, (ticks) => sendTicks(sender, ticks, playing));
      } else if (count === 0 && into === undefined && process.stdout.isTTY === true) {
        status.line('The log has no ticks there.');
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      status.clear();
      if (sends) status.line(`${count === 1 ? '1 tick' : `${count} ticks`} sent into ${into?.url}.`);
      if (signal.aborted) process.exitCode = interruption.exitCode;
    }
  }
}

/** @throws RtdError when the target does not answer, or is no server of ours */
async function openSender(target: TickLogSource, wanted: (tick: Tick) => boolean): Promise<TickSender> {
  const { url, identity, signal, say } = target;
  await waitingFor(`an answer of ${url}`, createHttpApi({ url, identity }).health(signal));
  const sender = await openTickSender(target, wanted);
  if (sender.sentBefore > 0)
    say(`${sender.sentBefore} of them are there already, from an earlier replay: they are not sent again.`);
  return sender;
}

/** What has come since the replay has begun, and comes, in pieces. */
async function followInto(
  source: TickLogSource,
  start: LogPosition,
  send: (ticks: AsyncIterable<Tick>) => Promise<void>,
): Promise<void> {
  for (let end = start; !source.signal.aborted; ) {
    const next = await endOfLog(source);
    await send(pastTicks(source, next, end));
    end = next;
    await pause(FOLLOW_MILLIS, source.signal);
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

/** `rtd simulate`: a market for who has none, or one out of a file. */
import { open } from 'node:fs/promises';
import { Command } from '@oclif/core/command';
import { boolean, option, string } from '@oclif/core/flags';
import { createHttpApi, UnreachableError } from '@rtd/client';
import type { RtdError, TickInput } from '@rtd/protocol';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../command-list.ts';
import { EXIT, Failure, UsageError } from '../failure.ts';
import { connectionFlags, identityOf } from '../flags/connection.ts';
import { durationFlag } from '../flags/duration.ts';
import { paceFlags } from '../flags/pace.ts';
import { symbolsIn } from '../flags/symbols.ts';
import { numberFlag } from '../flags/values.ts';
import { onInterrupt, pause } from '../interruption.ts';
import { type FeedOptions, feedMarket } from '../market-simulator/feed.ts';
import { createFileMarket, FileClock, type FilePace } from '../market-simulator/file-market.ts';
import { DEFAULT_SYMBOLS, symbolNames } from '../market-simulator/instruments.ts';
import type { TickTarget } from '../market-simulator/kafka-target.ts';
import { type NewMarket, openMarket } from '../market-simulator/open-market.ts';
import { createRateMeter, rateLine, totalLine } from '../market-simulator/rate-line.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../market-simulator/scenario.ts';
import { type BadLine, ticksIn } from '../market-simulator/tick-file.ts';
import { jsonLine } from '../output/lines.ts';
import { createStatusLine, type StatusLine } from '../output/status-line.ts';
import { waitingFor } from '../output/while-silent.ts';

/** Ticks of a file that are read ahead. */
const PIECE = 10_000;
/** More bad lines than this are only counted. */
const TOLD_LINES = 50;

export default class Simulate extends Command {
  static override summary = summaryOf('simulate');
  static override description =
    'Prices move together as they do: correlated Brownian motions, by sector. When the server goes away the market stands ' +
    'still until it is back. With --seed the ticks are the same each time; without, it goes on from the prices there are. ' +
    'With --file the ticks are those of a CSV (first line: symbol,price,volume,timestamp) or of NDJSON, as far apart as their ' +
    'times are; bad lines are reported and left out, and the exit code is 1 then. With --brokers they go straight to Kafka.';
  static override examples = [
    '<%= config.bin %> simulate',
    '<%= config.bin %> simulate --symbols BTC,ETH --rate 5 --volatility 3',
    '<%= config.bin %> simulate --symbols 100 --rate 20000 --seed 7 --duration 5m',
    '<%= config.bin %> simulate --scenario crash',
    '<%= config.bin %> simulate --file ticks.csv --speed 10x --max-gap 5s',
    '<%= config.bin %> simulate --brokers 127.0.0.1:29092',
    '<%= config.bin %> simulate --rate 5000 --duration 10s --json | jq -s "last.ticksPerSecond"',
  ];
  static override flags = {
    symbols: string({
      description: 'how many, or which ones with commas between them',
      default: DEFAULT_SYMBOLS.join(','),
      helpValue: '100|BTC,ETH',
    }),
    rate: numberFlag({
      description: 'ticks a second, of all symbols together',
      takes: 'a number of ticks a second above 0, such as 20 or 20000',
      min: 0.001,
      max: 1_000_000,
      fractions: true,
    })({ default: 20 }),
    volatility: numberFlag({
      description: 'how wild it is: 1 is a usual day, 0 stands still',
      takes: 'a number from 0 to 100, such as 1 or 2.5',
      min: 0,
      max: 100,
      fractions: true,
    })({ default: 1 }),
    scenario: option({
      description: 'a shock after 5 s: crash (-12 %), rally (+8 %); open: the first minutes of a day',
      options: SCENARIO_NAMES,
    })(),
    seed: string({ description: 'any text; the same one gives the same ticks', helpValue: 'TEXT' }),
    duration: durationFlag({
      description: 'until it ends, such as 30 (seconds), 5m or 1h; until it is interrupted when not given',
      min: 100,
    })(),
    file: string({ description: 'ticks out of this file; - reads standard input', helpValue: 'FILE' }),
    'keep-time': boolean({
      description: 'with --file: keep the times of the file, instead of now',
      dependsOn: ['file'],
    }),
    ...paceFlags,
    brokers: string({ description: 'straight to Kafka, past the servers: its brokers', helpValue: 'HOST:PORT,…' }),
    json: boolean({ description: 'how it goes as JSON on standard output, a line a second, and what it came to' }),
    wait: boolean({ description: 'wait for the server where it is not there yet' }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Simulate);
    const { file, seed } = flags;
    if (file !== undefined && flags.scenario !== undefined) {
      throw new UsageError('--scenario is a shock for a simulated market; the prices of --file are as they are.');
    }
    const scenario = flags.scenario === undefined ? undefined : SCENARIOS[flags.scenario];
    const market: NewMarket = { ...flags, symbols: symbolsOf(flags.symbols), seed, scenario };
    const brokers = flags.brokers === undefined ? undefined : brokersIn(flags.brokers);
    const server = createHttpApi({ url: flags.url, identity: identityOf(flags.name, process.env) });
    using interruption = onInterrupt(process);
    const { signal } = interruption;
    const status = createStatusLine(process.stderr);
    const onAway = (error: Error, waitMillis: number): void =>
      status.line(`${safeText(error.message)} Next try in ${Math.round(waitMillis / 1_000)} s.`);
    const input = file === undefined ? undefined : await openFile(file);

    const place = brokers === undefined ? `an answer of ${server.baseUrl}` : 'Kafka';
    const opened = await retrying(flags.wait, signal, onAway, async () => {
      const target = brokers === undefined ? serverTarget(server) : await openKafka(brokers);
      try {
        return { target, source: await waitingFor(place, openMarket(target, market, Date.now, signal)) };
      } catch (error) {
        await target[Symbol.asyncDispose]();
        throw error;
      }
    });
    if (opened === undefined) {
      process.exitCode = interruption.exitCode;
      return;
    }
    await using target = opened.target;
    const symbols = input === undefined ? market.symbols.length : undefined;
    const meter = createRateMeter(Date.now());
    const tell = (): void => {
      const rate = meter.rate(Date.now());
      if (flags.json) process.stdout.write(`${jsonLine(rate)}\n`);
      else status.now(rateLine(rate, symbols));
    };
    const ticker = setInterval(tell, flags.json || process.stderr.isTTY === true ? 1_000 : 5_000);
    const feed = {
      api: target,
      now: Date.now,
      signal,
      until: flags.duration === undefined ? undefined : Date.now() + flags.duration,
      onAccepted: (ticks: readonly TickInput[], millis: number) => meter.accepted(ticks.length, millis),
      onAway: (error: RtdError, waitMillis: number) => onAway(error, waitMillis),
      onBack: () => status.line(`${brokers === undefined ? 'The server' : 'Kafka'} is back, and the market goes on.`),
    };
    let badLines = 0;
    let failed = true;
    try {
      if (input === undefined) await feedMarket({ ...feed, market: opened.source });
      else {
        const { speed, 'max-gap': maxGapMillis = Number.POSITIVE_INFINITY, rate, 'keep-time': keepTime } = flags;
        badLines = await feedFile(input, feed, { speed, maxGapMillis, rate, keepTime }, status);
        if (badLines > 0) process.exitCode = EXIT.failed;
      }
      failed = false;
    } finally {
      clearInterval(ticker);
      const total = meter.total(Date.now());
      // What could not even begin has only its error to tell.
      if (failed && total.ticks === 0) status.clear();
      else if (flags.json) process.stdout.write(`${jsonLine({ ...total, badLines })}\n`);
      else status.line(totalLine(total));
      if (signal.aborted) process.exitCode = interruption.exitCode;
    }
  }
}

/** How many lines of the file were no ticks. */
async function feedFile(
  input: NodeJS.ReadableStream,
  feed: Omit<FeedOptions, 'market'>,
  pace: FilePace,
  status: StatusLine,
): Promise<number> {
  let bad = 0;
  const tell = ({ line, reason }: BadLine): void => {
    bad += 1;
    if (bad <= TOLD_LINES) status.line(`Line ${line} is left out: ${safeText(reason)}.`);
  };
  const clock = new FileClock(pace, Date.now());
  const { signal, until = Number.MAX_SAFE_INTEGER } = feed;
  for await (const piece of piecesOf(ticksIn(input, tell))) {
    await feedMarket({ ...feed, market: createFileMarket(piece, clock, pace) });
    if (signal.aborted || Date.now() >= until) break;
  }
  if (bad > TOLD_LINES) status.line(`${bad} lines are left out, of which the first ${TOLD_LINES} are told.`);
  return bad;
}

async function* piecesOf(ticks: AsyncIterable<TickInput>): AsyncGenerator<readonly TickInput[]> {
  let piece: TickInput[] = [];
  for await (const tick of ticks) {
    if (piece.push(tick) < PIECE) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

/** @throws UsageError where it cannot be opened */
async function openFile(file: string): Promise<NodeJS.ReadableStream> {
  if (file === '-') return process.stdin;
  const hint = 'Give the path of a CSV or NDJSON file, or - for standard input.';
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is none' : `it cannot be read (${error.code})`;
    throw new Failure(`--file ${file.slice(0, 200)}: ${why}. ${hint}`);
  });
  if ((await handle.stat()).isDirectory()) {
    await handle.close();
    throw new Failure(`--file ${file.slice(0, 200)}: it is a folder. ${hint}`);
  }
  return handle.createReadStream();
}

function serverTarget(server: ReturnType<typeof createHttpApi>): TickTarget {
  return {
    postTicks: server.postTicks,
    snapshot: server.snapshot,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Kafka's client is large: it is loaded for those only who want it. */
async function openKafka(brokers: readonly string[]): Promise<TickTarget> {
  const { openKafkaTarget } = await import('../market-simulator/kafka-target.ts');
  return openKafkaTarget(brokers);
}

function brokersIn(text: string): readonly string[] {
  const brokers = text.split(',').map((broker) => broker.trim());
  const wrong = brokers.find((broker) => !/^[^\s:/]+:\d{1,5}$|^\[[\da-f:]+\]:\d{1,5}$/i.test(broker));
  if (wrong === undefined) return brokers;
  throw new UsageError(
    `--brokers takes host:port, with commas between them, such as 127.0.0.1:29092, not "${wrong.slice(0, 80)}".`,
  );
}

function symbolsOf(text: string): NewMarket['symbols'] {
  if (!/^\d+$/.test(text.trim())) return symbolsIn(text);
  const count = Number(text);
  if (count >= 1 && count <= 10_000) return symbolsIn(symbolNames(count).join(','));
  throw new UsageError(
    `--symbols takes a count from 1 to 10000, or names such as BTC,ETH, not "${text.slice(0, 80)}".`,
  );
}

/** What `action` gives; with `wait`, tried again while nobody answers. Undefined when interrupted meanwhile. */
async function retrying<T>(
  wait: boolean,
  signal: AbortSignal,
  away: (error: Error, waitMillis: number) => void,
  action: () => Promise<T>,
): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await action();
    } catch (error) {
      if (signal.aborted) return undefined;
      const mayCome = error instanceof Failure || (error instanceof UnreachableError && error.reason !== 'not-rtd');
      if (!wait || !mayCome) throw error;
      away(error, 1_000);
      await pause(1_000, signal);
    }
  }
  return undefined;
}

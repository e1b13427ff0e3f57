/** `rtd simulate`: a market for who has none. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { createHttpApi, UnreachableError } from '@rtd/client';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../command-list.ts';
import { EXIT, UsageError } from '../failure.ts';
import { connectionFlags, identityOf } from '../flags/connection.ts';
import { symbolsIn } from '../flags/symbols.ts';
import { numberFlag } from '../flags/values.ts';
import { onInterrupt, pause } from '../interruption.ts';
import { feedMarket } from '../market-simulator/feed.ts';
import { DEFAULT_SYMBOLS, symbolNames } from '../market-simulator/instruments.ts';
import { type NewMarket, openMarket } from '../market-simulator/open-market.ts';
import { createRateLine } from '../market-simulator/rate-line.ts';

export default class Simulate extends Command {
  static override summary = summaryOf('simulate');
  static override description =
    'Prices move together as they do: correlated Brownian motions, by sector. When the server goes away the market stands ' +
    'still until it is back. With --seed the ticks are the same each time; without, it goes on from the prices the server has.';
  static override examples = [
    '<%= config.bin %> simulate',
    '<%= config.bin %> simulate --symbols BTC,ETH --rate 5 --volatility 3',
    '<%= config.bin %> simulate --symbols 100 --rate 20000 --seed 7 --duration 60',
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
    seed: string({ description: 'any text; the same one gives the same ticks', helpValue: 'TEXT' }),
    duration: numberFlag({
      description: 'seconds until it ends; until it is interrupted when not given',
      takes: 'a number of seconds above 0, such as 60',
      min: 0.1,
      max: 31_536_000,
      fractions: true,
    })(),
    wait: boolean({ description: 'wait for the server where it is not there yet' }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Simulate);
    const market: NewMarket = { ...flags, symbols: symbolsOf(flags.symbols), seed: flags.seed };
    const api = createHttpApi({ url: flags.url, identity: identityOf(flags.name, process.env) });
    using interruption = onInterrupt(process);
    const { signal } = interruption;
    const say = sayTo(process.stderr);
    const away = (error: Error, waitMillis: number): void =>
      say.line(`${safeText(error.message)} Next try in ${Math.round(waitMillis / 1_000)} s.`);

    const opened = await retrying(flags.wait, signal, away, () => openMarket(api, market, Date.now));
    if (opened === undefined) {
      process.exitCode = EXIT.interrupted;
      return;
    }
    const rateLine = createRateLine(market.symbols.length, Date.now());
    const ticker = setInterval(() => say.now(rateLine.line(Date.now())), process.stderr.isTTY === true ? 1_000 : 5_000);
    try {
      await feedMarket({
        api,
        market: opened,
        now: Date.now,
        signal,
        until: flags.duration === undefined ? undefined : Date.now() + flags.duration * 1_000,
        onAccepted: (ticks, millis) => rateLine.accepted(ticks.length, millis),
        onAway: away,
        onBack: () => say.line('The server is back, and the market goes on.'),
      });
    } finally {
      clearInterval(ticker);
      say.line(rateLine.total(Date.now()));
      if (signal.aborted) process.exitCode = EXIT.interrupted;
    }
  }
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
      const mayCome = error instanceof UnreachableError && error.reason !== 'not-rtd';
      if (!wait || !mayCome) throw error;
      away(error, 1_000);
      await pause(1_000, signal);
    }
  }
  return undefined;
}

/** Lines on stderr, and one line that is renewed in place where that is a terminal. */
function sayTo(stderr: NodeJS.WriteStream): { line(text: string): void; now(text: string): void } {
  let open = false;
  const inPlace = stderr.isTTY === true;
  return {
    line: (text) => {
      stderr.write(`${open ? '\n' : ''}rtd: ${text}\n`);
      open = false;
    },
    now: (text) => {
      stderr.write(inPlace ? `\r\x1b[2K${text}` : `rtd: ${text}\n`);
      open = inPlace;
    },
  };
}

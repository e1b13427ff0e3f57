/**
 * `rtd-server`: arguments and environment to a running server, signals to its end. The only file that touches `process`.
 *
 * Exit codes: 0 drained; 1 could not start, or failed; 2 wrong usage; 130 Ctrl-C a second time.
 */
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { RtdError } from '@rtd/protocol';
import { Command, CommanderError, Option } from 'commander';
import { systemClock } from './clock.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { SERVER_OPTIONS, type ServerOption } from './config-options.ts';
import type { RunningServer } from './server.ts';
import { createLog, type Log } from './telemetry/log.ts';
import { serverVersion } from './version.ts';

/** Runs until it was told to end. Sets the exit code. */
export async function main(): Promise<void> {
  const config = configOrUndefined();
  if (config === undefined) return;
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    colour: process.stdout.hasColors?.() === true,
  });
  process.on('uncaughtException', (error) => failed(log, error));
  process.on('unhandledRejection', (error) => failed(log, error));
  try {
    const { startServer } = await import('./server.ts');
    const server = await startServer(config, { clock: systemClock, randomBytes, log });
    endOnSignals(server, log);
  } catch (error) {
    process.stderr.write(`${error instanceof RtdError ? error.message : String(error)}\n`);
    if (!(error instanceof RtdError)) log.fatal({ err: error }, 'could not start');
    process.exitCode = 1;
  }
}

/** Undefined where there is nothing to run: help was asked for, or something does not fit and was said. */
function configOrUndefined(): Config | undefined {
  const flags: Record<string, string | undefined> = {};
  const command = new Command('rtd-server')
    .description('Real-time chat and market ticks: STOMP over WebSocket and SockJS, server-sent events, HTTP.')
    .version(serverVersion)
    .allowExcessArguments(false)
    .exitOverride();
  for (const option of SERVER_OPTIONS) {
    command.addOption(commanderOption(option));
    command.on(`option:${option.flag}`, (text: string) => {
      flags[option.flag] = text;
    });
  }
  try {
    command.parse(process.argv);
    return parseConfig({
      flags,
      env: process.env,
      platform: process.platform,
      homeDirectory: homedir(),
      terminal: process.stdout.isTTY,
    });
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else if (!(error instanceof CommanderError)) throw error;
    // Commander has said what there is to say; asking for help or version is no error.
    process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
    return undefined;
  }
}

function commanderOption(option: ServerOption): Option {
  const fallback = option.default ?? option.defaultNote;
  const values = option.choices === undefined ? '' : `; ${option.choices.join(', ')}`;
  const text = `${option.description}${values} (env ${option.env[0]}${fallback === undefined ? '' : `; default: ${fallback}`})`;
  return new Option(`--${option.flag} <value>`, text);
}

/** The first SIGTERM or SIGINT drains, a second SIGINT ends at once. */
function endOnSignals(server: RunningServer, log: Log): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) {
      if (signal === 'SIGINT') process.exit(130);
      return;
    }
    ending = true;
    if (signal === 'SIGINT') log.info('Ctrl-C: draining; once more ends at once');
    server.drain().then(
      () => process.exit(0),
      (error: unknown) => failed(log, error),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

/** Something was thrown that nobody expected: state is not to be trusted any more, and the store is safe at any moment. */
function failed(log: Log, error: unknown): void {
  log.fatal({ err: error }, 'failed for a reason that is not known; ending');
  process.exit(1);
}

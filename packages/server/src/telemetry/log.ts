/**
 * The log: structured lines, to be read by machines (json) or people (pretty).
 * Promise: whatever is logged, no token, password or secret leaves in a line (see `withoutSecrets`).
 */
import { createRequire } from 'node:module';
import {
  type DestinationStream,
  type Logger,
  type LoggerOptions,
  pino,
  destination as pinoDestination,
  stdTimeFunctions,
} from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** Where lines go; standard output when left out. */
  readonly destination?: DestinationStream | undefined;
  /** Colours in pretty lines. */
  readonly colour?: boolean | undefined;
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Values under a telling key, in JSON.
  [/("(?:[\w-]*(?:token|secret|passw\w*|passcode)|authorization|cookie)":)"(?:[^"\\]|\\.)*"/gi, '$1"[hidden]"'],
  // Credentials inside free text: query parameters, Authorization values, bare JWTs, userinfo of URLs.
  [/\b(access_token|token|secret|password)=[^\s&"'\\]+/gi, '$1=[hidden]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [hidden]'],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, '[hidden]'],
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+@/gi, '$1[hidden]@'],
];

/** The same line with every credential that can be told by its shape or its key replaced by `[hidden]`. */
export function withoutSecrets(line: string): string {
  let clean = line;
  for (const [shape, replacement] of SECRETS) clean = clean.replace(shape, replacement);
  return clean;
}

export function createLog(options: LogOptions): Log {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    hooks: { streamWrite: withoutSecrets },
  };
  const destination = options.destination ?? pinoDestination({ dest: 1, sync: true });
  return pino(settings, options.format === 'json' ? destination : prettified(destination, options.colour === true));
}

/** For tests, and for programs that embed the server and want it quiet. */
export function silentLog(): Log {
  return pino({ level: 'silent' });
}

const require = createRequire(import.meta.url);

/** Prettifies in this thread and at once: the last line before an exit is written too. */
function prettified(destination: DestinationStream, colour: boolean): DestinationStream {
  // Thirty modules that a server which logs JSON does not load.
  const { prettyFactory }: typeof import('pino-pretty') = require('pino-pretty');
  const prettify = prettyFactory({ colorize: colour, translateTime: 'SYS:HH:MM:ss' });
  return { write: (line) => destination.write(String(prettify(line))) };
}

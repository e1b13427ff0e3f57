/**
 * Every option of the server, once: its environment variable, its flag, its default, what it takes, and how its text
 * becomes a value. The environment parser, `rtd-server` (commander) and `rtd serve` (oclif) are all made from this table.
 */
import { DEFAULT_LIMITS, LIMIT_NAMES, type LimitName, ServerId } from '@rtd/protocol';
import { z } from 'zod';
import { parseNetwork } from './gateway/http/client-address.ts';
import { LOG_LEVELS } from './telemetry/log.ts';

/** One option as a person sets it: always as text, from a flag or from the environment. */
export interface ServerOption<Value = unknown> {
  /** Environment variables that set it, the first that is present wins. The first is its proper name. */
  readonly env: readonly [string, ...string[]];
  /** The flag without its dashes: `data-dir`. */
  readonly flag: string;
  /** One line for `--help`. */
  readonly description: string;
  /** What it takes, as an error says it: `a port number from 0 to 65535`. */
  readonly takes: string;
  /** As one would type it; undefined where there is none, or where it depends on the machine (`defaultNote`). */
  readonly default?: string | undefined;
  /** The default in words, where it is not a fixed text. */
  readonly defaultNote?: string | undefined;
  /** The only values, where it takes one of a few. */
  readonly choices?: readonly string[] | undefined;
  /** Never shown, not even in the error about itself. */
  readonly secret?: boolean | undefined;
  /** Text to value; fails on anything that `takes` does not describe. */
  readonly parse: z.ZodType<Value, string>;
}

const text = z.string().trim().min(1);

const wholeNumber = (max: number): z.ZodType<number, string> =>
  z
    .string()
    .trim()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().max(max));

const urlOf = (...protocols: readonly string[]): z.ZodType<string, string> =>
  text.refine((value) => {
    const url = URL.parse(value);
    return url !== null && protocols.includes(url.protocol);
  });

const list = text.transform((value) =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

/** `*`, `null`, or scheme, host and port without a path, in the form that browsers send. */
const origin = z.string().transform((value, context) => {
  if (value === '*' || value === 'null') return value;
  const url = URL.parse(value);
  const bare = url !== null && url.host !== '' && url.pathname === '/' && url.search === '' && url.hash === '';
  if (bare && url.username === '' && url.password === '') return `${url.protocol}//${url.host}`;
  context.addIssue({ code: 'custom', message: 'not an origin' });
  return z.NEVER;
});

const broker = z.string().regex(/^[^\s:/]+:\d{1,5}$/);

/** The options by the name of their value; the limits are in `LIMIT_OPTIONS`. */
export const OPTIONS = {
  host: {
    env: ['RTD_HOST'],
    flag: 'host',
    description: 'address to listen on',
    takes: 'a host name or address, such as 127.0.0.1, 0.0.0.0 or ::1',
    default: '127.0.0.1',
    parse: text.regex(/^[^\s/?#@]+$/).transform((host) => host.replace(/^\[(.*)\]$/, '$1')),
  },
  port: {
    env: ['RTD_PORT'],
    flag: 'port',
    description: 'port to listen on; 0 takes any free one',
    takes: 'a port number from 0 to 65535',
    default: '8080',
    parse: wholeNumber(65_535),
  },
  serverId: {
    env: ['RTD_SERVER_ID', 'SERVER_ID'],
    flag: 'server-id',
    description: 'name of this server among several',
    takes: '1 to 64 letters, digits or . _ - : @',
    defaultNote: 'generated once and kept in the data folder',
    parse: z.string().trim().pipe(ServerId),
  },
  dataDir: {
    env: ['RTD_DATA_DIR'],
    flag: 'data-dir',
    description: 'folder for messages, ticks and the server id',
    takes: 'a folder that this user may write to',
    defaultNote: "rtd in the platform's data folder",
    parse: text,
  },
  mysqlUrl: {
    env: ['RTD_MYSQL_URL'],
    flag: 'mysql-url',
    description: 'keep messages in MySQL, shared by several servers',
    takes: 'a URL such as mysql://user:password@localhost:3306/websockets_db',
    defaultNote: 'SQLite in the data folder',
    secret: true,
    parse: urlOf('mysql:'),
  },
  redisUrl: {
    env: ['RTD_REDIS_URL'],
    flag: 'redis-url',
    description: 'share presence and new messages with other servers through Redis',
    takes: 'a URL such as redis://localhost:6379',
    defaultNote: 'within this server only',
    secret: true,
    parse: urlOf('redis:', 'rediss:'),
  },
  kafkaBrokers: {
    env: ['RTD_KAFKA_BROKERS'],
    flag: 'kafka-brokers',
    description: 'keep ticks in Kafka, shared by several servers',
    takes: 'host:port, or several with commas between them, such as localhost:29092',
    defaultNote: 'SQLite in the data folder',
    parse: list.pipe(z.array(broker).min(1)),
  },
  auth: {
    env: ['RTD_AUTH'],
    flag: 'auth',
    description: 'open: everybody is who they say; jwt: only with a signed token',
    takes: 'open or jwt',
    default: 'open',
    choices: ['open', 'jwt'],
    parse: z.enum(['open', 'jwt']),
  },
  jwtSecret: {
    env: ['RTD_JWT_SECRET'],
    flag: 'jwt-secret',
    description: 'secret of HS256 tokens (better set by the environment: flags show in process lists)',
    takes: 'a secret of at least 32 characters',
    secret: true,
    parse: z.string().min(32),
  },
  jwksUrl: {
    env: ['RTD_JWKS_URL'],
    flag: 'jwks-url',
    description: 'where the public keys of tokens are',
    takes: 'a URL that starts with https:// or http://',
    parse: urlOf('https:', 'http:'),
  },
  jwtIssuer: {
    env: ['RTD_JWT_ISSUER'],
    flag: 'jwt-issuer',
    description: 'only tokens of this issuer (iss)',
    takes: 'the text of the claim',
    defaultNote: 'any',
    parse: text,
  },
  jwtAudience: {
    env: ['RTD_JWT_AUDIENCE'],
    flag: 'jwt-audience',
    description: 'only tokens for this audience (aud)',
    takes: 'the text of the claim',
    defaultNote: 'any',
    parse: text,
  },
  allowedOrigins: {
    env: ['RTD_ALLOWED_ORIGINS'],
    flag: 'allowed-origins',
    description: 'web pages from elsewhere that may connect',
    takes: 'origins with commas between them, such as https://app.example.com (null and * are possible, too)',
    defaultNote: 'pages of the same host only',
    parse: list.pipe(z.array(origin)),
  },
  trustedProxies: {
    env: ['RTD_TRUSTED_PROXIES'],
    flag: 'trusted-proxies',
    description: "proxies whose X-Forwarded-For is a client's address",
    takes: 'addresses or networks with commas between them, such as 127.0.0.1,10.0.0.0/8,fd00::/8',
    defaultNote: 'none: the address is the one that connects',
    parse: list.pipe(z.array(z.string().refine((entry) => parseNetwork(entry) !== undefined))),
  },
  logLevel: {
    env: ['RTD_LOG_LEVEL'],
    flag: 'log-level',
    description: 'least severe log line that is written',
    takes: LOG_LEVELS.join(', '),
    default: 'info',
    choices: LOG_LEVELS,
    parse: z.enum(LOG_LEVELS),
  },
  logFormat: {
    env: ['RTD_LOG_FORMAT'],
    flag: 'log-format',
    description: 'log lines for machines or for people',
    takes: 'json or pretty',
    defaultNote: 'pretty on a terminal, else json',
    choices: ['json', 'pretty'],
    parse: z.enum(['json', 'pretty']),
  },
} as const satisfies Record<string, ServerOption>;

const LIMIT_DESCRIPTIONS: Readonly<Record<LimitName, string>> = {
  FRAME_BYTES: 'size of one STOMP frame, and of one HTTP body other than ticks',
  PRECONNECT_BYTES: 'bytes that a client may send before it is CONNECTED',
  HEADERS: 'headers a STOMP frame',
  HEADER_BYTES: 'bytes a STOMP header line',
  SUBSCRIPTIONS: 'distinct destinations subscribed to a connection',
  SUBSCRIPTION_IDS: 'subscription ids a connection',
  TRANSACTIONS: 'open transactions a connection',
  TRANSACTION_BYTES: 'bytes in the open transactions of a connection',
  SEND_BUFFER_BYTES: 'bytes that wait for one slow client',
  SEND_SECONDS: 'seconds that a client may take for one write',
  CONNECT_SECONDS: 'seconds until a connection must have sent CONNECT',
  MESSAGES_PER_SECOND: 'messages a second and user',
  MESSAGE_BURST: 'messages that a user may send at once',
  SSE_PER_USER: 'event streams a user',
  SSE_TOTAL: 'event streams in all',
};

/** Limit -> its option: `RTD_LIMIT_FRAME_BYTES`, `--limit-frame-bytes`. */
export const LIMIT_OPTIONS: ReadonlyMap<LimitName, ServerOption<number>> = new Map(
  LIMIT_NAMES.map((name) => [
    name,
    {
      env: [`RTD_LIMIT_${name}`],
      flag: `limit-${name.toLowerCase().replaceAll('_', '-')}`,
      description: `limit: ${LIMIT_DESCRIPTIONS[name]}; 0 for none`,
      takes: 'a whole number, 0 for no limit',
      default: String(DEFAULT_LIMITS[name]),
      parse: wholeNumber(Number.MAX_SAFE_INTEGER),
    },
  ]),
);

/** Every option of the server, in the order of `--help`. */
export const SERVER_OPTIONS: readonly ServerOption[] = [...Object.values(OPTIONS), ...LIMIT_OPTIONS.values()];

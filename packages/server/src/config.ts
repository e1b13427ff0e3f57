/**
 * From flags and environment to one checked `Config`. A flag wins over the environment, the environment over the default.
 * What does not fit is refused as a whole, with one line for each problem that names the setting and what it takes.
 */
import path from 'node:path';
import { type LimitName, type Limits, limitsWith, type ServerId } from '@rtd/protocol';
import type { AuthSettings } from './auth/create-authenticator.ts';
import { isDevelopmentSecret } from './auth/development-secret.ts';
import type { JwtSettings } from './auth/jwt-authenticator.ts';
import { LIMIT_OPTIONS, OPTIONS, SERVER_OPTIONS, type ServerOption } from './config-options.ts';
import { parseNetwork } from './gateway/http/client-address.ts';
import { isLoopbackHost } from './gateway/http/loopback.ts';
import type { LogLevel } from './telemetry/log.ts';

export interface Config {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Takes the next free port when `port` is taken, instead of refusing to start. */
  readonly nextFreePort: boolean;
  /** Undefined: generated once and kept in the data folder. */
  readonly serverId: ServerId | undefined;
  readonly dataDir: string;
  readonly mysqlUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly kafkaBrokers: readonly string[] | undefined;
  /** How many changes share a transaction at most; left out, the store's own number. 1 is what group commit is measured against. */
  readonly batchCalls?: number | undefined;
  readonly auth: AuthSettings;
  readonly allowedOrigins: readonly string[];
  /** Addresses and networks of proxies that say whose request they pass on. */
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'pretty';
  readonly limits: Limits;
  /** Things that work but that an operator should hear of. */
  readonly warnings: readonly string[];
}

/** What a configuration is made of. */
export interface ConfigSource {
  /** Flag without dashes -> its text; undefined where it was not given. */
  readonly flags?: Readonly<Record<string, string | undefined>> | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** `process.platform` */
  readonly platform: string;
  readonly homeDirectory: string;
  /** True where log lines are read by a person. */
  readonly terminal?: boolean | undefined;
}

/** A configuration that cannot be used: a line a problem, fit to be shown as it is. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

/** @throws ConfigError with every problem there is. */
export function parseConfig(source: ConfigSource): Config {
  const problems: string[] = [];
  const read = <Value>(option: ServerOption<Value>): Value | undefined => readOption(option, source, problems);

  const host = read(OPTIONS.host) ?? '127.0.0.1';
  const jwt: JwtSettings = {
    mode: 'jwt',
    secret: read(OPTIONS.jwtSecret),
    jwksUrl: read(OPTIONS.jwksUrl),
    issuer: read(OPTIONS.jwtIssuer),
    audience: read(OPTIONS.jwtAudience),
  };
  const auth = authOf(host, read(OPTIONS.auth), jwt, source);
  const trustedProxies = read(OPTIONS.trustedProxies) ?? [];
  const limits: Partial<Record<LimitName, number>> = {};
  for (const [name, option] of LIMIT_OPTIONS) {
    const value = read(option);
    if (value !== undefined) limits[name] = value;
  }
  const config: Config = {
    host,
    port: read(OPTIONS.port) ?? 0,
    nextFreePort: false,
    serverId: read(OPTIONS.serverId),
    dataDir: read(OPTIONS.dataDir) ?? defaultDataDir(source),
    mysqlUrl: read(OPTIONS.mysqlUrl),
    redisUrl: read(OPTIONS.redisUrl),
    kafkaBrokers: read(OPTIONS.kafkaBrokers),
    auth: auth.config,
    allowedOrigins: read(OPTIONS.allowedOrigins) ?? [],
    trustedProxies,
    logLevel: read(OPTIONS.logLevel) ?? 'info',
    logFormat: read(OPTIONS.logFormat) ?? (source.terminal === true ? 'pretty' : 'json'),
    limits: limitsWith(limits),
    warnings: [...auth.warnings, ...tooTrusting(trustedProxies), ...unknownVariables(source)],
  };
  // A value that does not fit makes what follows from it meaningless: say the first cause only.
  if (problems.length === 0) problems.push(...auth.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Where data goes when nobody says so: `rtd` in the platform's folder for the data of a user. */
export function defaultDataDir({ env = {}, platform, homeDirectory }: ConfigSource): string {
  const xdg = env.XDG_DATA_HOME;
  // The XDG specification: a relative path is invalid and to be ignored.
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, 'rtd');
  if (platform === 'darwin') return path.join(homeDirectory, 'Library', 'Application Support', 'rtd');
  if (platform === 'win32') return path.join(env.LOCALAPPDATA ?? path.join(homeDirectory, 'AppData', 'Local'), 'rtd');
  return path.join(homeDirectory, '.local', 'share', 'rtd');
}

/** Who set an option, and to what text. A variable that is set but empty counts as not set, as compose files write it. */
function given(option: ServerOption, source: ConfigSource): { readonly by: string; readonly text: string } | undefined {
  const flag = source.flags?.[option.flag];
  if (flag !== undefined) return { by: `--${option.flag}`, text: flag };
  for (const name of option.env) {
    const text = source.env?.[name];
    if (text !== undefined && text !== '') return { by: name, text };
  }
  return undefined;
}

function readOption<Value>(option: ServerOption<Value>, source: ConfigSource, problems: string[]): Value | undefined {
  const set = given(option, source);
  const text = set?.text ?? option.default;
  if (text === undefined) return undefined;
  const result = option.parse.safeParse(text);
  if (result.success) return result.data;
  const name = set?.by.startsWith('--') === true ? `${set.by} (${option.env[0]})` : (set?.by ?? option.env[0]);
  const value = option.secret === true ? 'its value' : JSON.stringify(text.slice(0, 80));
  problems.push(`${name}: ${value} does not fit; it takes ${option.takes}.`);
  return undefined;
}

/** Auth, and what speaks against it. `open` where others can reach the server only when it was asked for by name. */
function authOf(
  host: string,
  mode: 'open' | 'jwt' | undefined,
  jwt: JwtSettings,
  source: ConfigSource,
): { readonly config: AuthSettings; readonly problems: readonly string[]; readonly warnings: readonly string[] } {
  const keys = [given(OPTIONS.jwtSecret, source)?.by, given(OPTIONS.jwksUrl, source)?.by].filter(
    (by) => by !== undefined,
  );
  if (mode === 'jwt') {
    const problem = 'RTD_AUTH=jwt needs a key to check tokens with: set RTD_JWT_SECRET or RTD_JWKS_URL.';
    const guessable = jwt.secret !== undefined && isDevelopmentSecret(jwt.secret) && !isLoopbackHost(host);
    const warning = `RTD_JWT_SECRET begins with dev, as secrets for development do, and ${host} is reachable by others: choose another one.`;
    return { config: jwt, problems: keys.length === 0 ? [problem] : [], warnings: guessable ? [warning] : [] };
  }
  const problems: string[] = [];
  const warnings: string[] = [];
  const byName = given(OPTIONS.auth, source) !== undefined;
  if (keys.length > 0) {
    const unused = `${keys.join(' and ')} has no effect while auth is open; RTD_AUTH=jwt would check tokens.`;
    (byName ? warnings : problems).push(unused);
  }
  if (!isLoopbackHost(host)) {
    if (byName) warnings.push(`Auth is open on ${host}: everybody who reaches this server can be anybody.`);
    else {
      problems.push(
        `RTD_HOST=${host} is reachable by others while auth is open, so anybody could be anybody: ` +
          'set RTD_AUTH=jwt with RTD_JWT_SECRET or RTD_JWKS_URL, or RTD_AUTH=open if that is what you want.',
      );
    }
  }
  return { config: { mode: 'open' }, problems, warnings };
}

function tooTrusting(proxies: readonly string[]): readonly string[] {
  return proxies
    .filter((proxy) => parseNetwork(proxy)?.prefix === 0)
    .map(
      (proxy) => `RTD_TRUSTED_PROXIES has ${proxy}: everybody can choose the address that their limits count against.`,
    );
}

/** Variables of clients, which a shell may well have set beside the server's. */
const CLIENT_VARIABLES: readonly string[] = ['RTD_URL', 'RTD_USER', 'RTD_TOKEN'];

function unknownVariables({ env = {} }: ConfigSource): readonly string[] {
  const known = new Set([...CLIENT_VARIABLES, ...SERVER_OPTIONS.flatMap((option) => option.env)]);
  return Object.keys(env)
    .filter((name) => name.startsWith('RTD_') && !known.has(name))
    .map((name) => `${name} is not an option of the server and has no effect.`);
}

/** The defaults with a data folder and `overrides`: for programs and tests that start the server themselves. Reads no environment. */
export function defaultConfig(overrides: Partial<Config> & Pick<Config, 'dataDir'>): Config {
  return { ...parseConfig({ platform: 'linux', homeDirectory: overrides.dataDir }), ...overrides };
}

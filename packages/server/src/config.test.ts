import { DEFAULT_LIMITS } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigSource, parseConfig } from './config.ts';
import { SERVER_OPTIONS } from './config-options.ts';

const machine = { platform: 'linux', homeDirectory: '/home/ann' };
const config = (source: Omit<ConfigSource, 'platform' | 'homeDirectory'> = {}) =>
  parseConfig({ ...machine, ...source });

function problem(source: Omit<ConfigSource, 'platform' | 'homeDirectory'>): string {
  try {
    config(source);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  throw new Error('was accepted');
}

describe('parseConfig', () => {
  it('has the defaults of the contract', () => {
    expect(config()).toEqual({
      host: '127.0.0.1',
      port: 8080,
      nextFreePort: false,
      serverId: undefined,
      dataDir: '/home/ann/.local/share/rtd',
      mysqlUrl: undefined,
      redisUrl: undefined,
      kafkaBrokers: undefined,
      auth: { mode: 'open' },
      allowedOrigins: [],
      trustedProxies: [],
      logLevel: 'info',
      logFormat: 'json',
      limits: DEFAULT_LIMITS,
      warnings: [],
    });
  });

  it('takes a flag before the environment, and the environment before the default', () => {
    const env = { RTD_PORT: '9000', RTD_HOST: 'localhost' };
    expect(config({ env, flags: { port: '9001', host: undefined } })).toMatchObject({ port: 9001, host: 'localhost' });
  });

  it('takes addresses and networks for proxies, and warns of trusting everybody', () => {
    const env = { RTD_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8' };
    expect(config({ env })).toMatchObject({ trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'], warnings: [] });
    for (const wrong of ['proxy.example.com', '10.0.0.0/33', '127.0.0.1,', 'loopback']) {
      if (wrong.endsWith(',')) expect(config({ env: { RTD_TRUSTED_PROXIES: wrong } }).trustedProxies).toHaveLength(1);
      else expect(problem({ env: { RTD_TRUSTED_PROXIES: wrong } })).toContain('RTD_TRUSTED_PROXIES');
    }
    const { warnings } = config({ flags: { 'trusted-proxies': '0.0.0.0/0' } });
    expect(warnings).toEqual([expect.stringContaining('0.0.0.0/0')]);
  });

  it('takes RTD_SERVER_ID before SERVER_ID', () => {
    expect(config({ env: { SERVER_ID: 'two' } }).serverId).toBe('two');
    expect(config({ env: { SERVER_ID: 'two', RTD_SERVER_ID: 'one' } }).serverId).toBe('one');
  });

  it('counts an empty variable as not set', () => {
    expect(config({ env: { RTD_MYSQL_URL: '', RTD_PORT: '', RTD_SERVER_ID: '', SERVER_ID: 'x' } })).toMatchObject({
      mysqlUrl: undefined,
      port: 8080,
      serverId: 'x',
    });
  });

  it.each([
    ['linux', {}, '/home/ann/.local/share/rtd'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/rtd'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/rtd'],
    ['darwin', {}, '/home/ann/Library/Application Support/rtd'],
    ['linux', { XDG_DATA_HOME: '/data', RTD_DATA_DIR: '/mine' }, '/mine'],
  ])('puts data on %s with %o into %s', (platform, env, folder) => {
    expect(parseConfig({ platform, homeDirectory: '/home/ann', env }).dataDir).toBe(folder);
  });

  it('reads lists, and writes origins as browsers send them', () => {
    const env = {
      RTD_ALLOWED_ORIGINS: 'https://App.Example.com:443/, http://localhost:3000,null',
      RTD_KAFKA_BROKERS: 'a:9092, b:29092',
    };
    expect(config({ env })).toMatchObject({
      allowedOrigins: ['https://app.example.com', 'http://localhost:3000', 'null'],
      kafkaBrokers: ['a:9092', 'b:29092'],
    });
  });

  it('sets every limit, and lifts one that is 0', () => {
    const env = Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name, index) => [`RTD_LIMIT_${name}`, `${index}`]));
    const { limits } = config({ env });
    expect(Object.values(limits)).toEqual(
      Object.keys(DEFAULT_LIMITS).map((_name, index) => (index === 0 ? Number.POSITIVE_INFINITY : index)),
    );
    expect(config({ flags: { 'limit-sse-total': '7' } }).limits.SSE_TOTAL).toBe(7);
  });

  it.each([
    [{ RTD_PORT: '80a80' }, 'RTD_PORT: "80a80" does not fit; it takes a port number from 0 to 65535.'],
    [{ RTD_PORT: '65536' }, 'RTD_PORT: "65536" does not fit; it takes a port number from 0 to 65535.'],
    [{ RTD_PORT: '-1' }, 'RTD_PORT: "-1" does not fit; it takes a port number from 0 to 65535.'],
    [{ RTD_AUTH: 'none' }, 'RTD_AUTH: "none" does not fit; it takes open or jwt.'],
    [{ SERVER_ID: 'a b' }, 'SERVER_ID: "a b" does not fit; it takes 1 to 64 letters, digits or . _ - : @.'],
    [{ RTD_LOG_LEVEL: 'loud' }, /^RTD_LOG_LEVEL: "loud" .* takes trace, debug, info, warn, error, fatal, silent\.$/],
    [{ RTD_LIMIT_HEADERS: '-5' }, 'RTD_LIMIT_HEADERS: "-5" does not fit; it takes a whole number, 0 for no limit.'],
    [{ RTD_ALLOWED_ORIGINS: 'example.com' }, /^RTD_ALLOWED_ORIGINS: "example.com" does not fit; it takes origins/],
    [{ RTD_ALLOWED_ORIGINS: 'https://a.b/path' }, /^RTD_ALLOWED_ORIGINS: /],
    [{ RTD_KAFKA_BROKERS: 'localhost' }, /^RTD_KAFKA_BROKERS: "localhost" does not fit; it takes host:port/],
    [{ RTD_REDIS_URL: 'http://x' }, /^RTD_REDIS_URL: its value does not fit; it takes a URL such as redis:/],
    [{ RTD_HOST: 'http://0.0.0.0' }, /^RTD_HOST: /],
  ])('refuses %o in one line', (env, line) => {
    expect(problem({ env })).toEqual(typeof line === 'string' ? line : expect.stringMatching(line));
    expect(problem({ env })).not.toContain('\n');
  });

  it('names the flag where a flag was wrong, and every problem at once', () => {
    expect(problem({ flags: { port: 'x' }, env: { RTD_AUTH: 'y' } }).split('\n')).toEqual([
      expect.stringMatching(/^RTD_AUTH: /),
      '--port (RTD_PORT): "x" does not fit; it takes a port number from 0 to 65535.',
    ]);
  });

  it('never shows a secret that does not fit', () => {
    const env = { RTD_MYSQL_URL: 'postgres://root:hunter2@db/x', RTD_JWT_SECRET: 'hunter2', RTD_AUTH: 'jwt' };
    expect(problem({ env })).not.toContain('hunter2');
  });

  describe('auth', () => {
    it.each(['0.0.0.0', '::', '192.168.1.5', 'chat.example.com'])('open is refused on %s unless asked for', (host) => {
      expect(problem({ env: { RTD_HOST: host } })).toMatch(/set RTD_AUTH=jwt .* or RTD_AUTH=open/);
      const asked = config({ env: { RTD_HOST: host, RTD_AUTH: 'open' } });
      expect(asked.auth).toEqual({ mode: 'open' });
      expect(asked.warnings).toEqual([expect.stringContaining('anybody')]);
    });

    it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('open is the default on %s', (host) => {
      expect(config({ env: { RTD_HOST: host } })).toMatchObject({ auth: { mode: 'open' }, warnings: [] });
    });

    it('jwt needs a key', () => {
      expect(problem({ env: { RTD_AUTH: 'jwt' } })).toMatch(/RTD_JWT_SECRET or RTD_JWKS_URL/);
      const secret = 'a secret of more than 32 characters';
      expect(config({ env: { RTD_AUTH: 'jwt', RTD_JWT_SECRET: secret, RTD_HOST: '0.0.0.0' } })).toMatchObject({
        auth: { mode: 'jwt', secret, jwksUrl: undefined },
        warnings: [],
      });
    });

    it('warns of a secret for development where others can reach the server', () => {
      const env = { RTD_AUTH: 'jwt', RTD_JWT_SECRET: 'dev-only-not-a-secret-0123456789' };
      expect(config({ env }).warnings).toEqual([]);
      const { warnings } = config({ env: { ...env, RTD_HOST: '0.0.0.0' } });
      expect(warnings).toEqual([expect.stringMatching(/^RTD_JWT_SECRET begins with dev/)]);
      expect(warnings.join()).not.toContain('0123456789');
    });

    it('refuses a key that would silently not be used', () => {
      const env = { RTD_JWKS_URL: 'https://id.example.com/jwks' };
      expect(problem({ env })).toMatch(/RTD_JWKS_URL has no effect while auth is open/);
      expect(config({ env: { ...env, RTD_AUTH: 'open' } }).warnings).toHaveLength(1);
    });
  });

  it('warns of a variable that nobody reads', () => {
    const env = { RTD_PROT: '1', RTD_URL: 'http://x', RTD_TOKEN: 't', PATH: '/bin' };
    expect(config({ env }).warnings).toEqual(['RTD_PROT is not an option of the server and has no effect.']);
  });
});

describe('SERVER_OPTIONS', () => {
  it('has every variable of the contract, once', () => {
    const names = SERVER_OPTIONS.map((option) => option.env[0]);
    expect(names).toEqual(expect.arrayContaining(CONTRACT_VARIABLES.trim().split(/\s+/)));
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(SERVER_OPTIONS.map((option) => option.flag)).size).toBe(names.length);
  });

  it('has defaults that fit what they take', () => {
    for (const option of SERVER_OPTIONS) {
      if (option.default !== undefined) expect(option.parse.safeParse(option.default).success, option.flag).toBe(true);
    }
  });
});

const CONTRACT_VARIABLES = `
RTD_HOST RTD_PORT RTD_SERVER_ID RTD_DATA_DIR RTD_MYSQL_URL RTD_REDIS_URL RTD_KAFKA_BROKERS RTD_AUTH RTD_JWT_SECRET
RTD_JWKS_URL RTD_ALLOWED_ORIGINS RTD_LOG_LEVEL RTD_LOG_FORMAT RTD_LIMIT_FRAME_BYTES RTD_LIMIT_PRECONNECT_BYTES
RTD_LIMIT_HEADERS RTD_LIMIT_HEADER_BYTES RTD_LIMIT_SUBSCRIPTIONS RTD_LIMIT_TRANSACTIONS RTD_LIMIT_SEND_BUFFER_BYTES
RTD_LIMIT_SEND_SECONDS RTD_LIMIT_CONNECT_SECONDS RTD_LIMIT_MESSAGES_PER_SECOND RTD_LIMIT_MESSAGE_BURST
RTD_LIMIT_SSE_PER_USER RTD_LIMIT_SSE_TOTAL RTD_LIMIT_TRANSACTION_BYTES`;

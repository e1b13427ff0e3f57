import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ChatMessage } from '@rtd/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hosted, host } from './hosted.ts';
import { newFolder, rtd, serve } from './running.ts';

let server: Hosted;
beforeAll(async () => {
  server = await host();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A home of its own, with this config file. */
function homeWith(settings: unknown): { env: Record<string, string>; file: string } {
  const folder = newFolder();
  const file = path.join(folder, 'rtd', 'config.json');
  mkdirSync(path.dirname(file));
  writeFileSync(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
  return { env: { XDG_CONFIG_HOME: folder }, file };
}
const nowhere = 'http://127.0.0.1:49151';

describe('the config file', () => {
  test('set, get and take out again; nobody else may read it', async () => {
    const env = { XDG_CONFIG_HOME: newFolder() };
    const file = path.join(env.XDG_CONFIG_HOME, 'rtd', 'config.json');
    expect((await rtd(['config', 'path'], { env })).stdout).toBe(`${file}\n`);
    const set = (...words: string[]) => rtd(['config', 'set', ...words], { env });
    expect(await set('send-timeout', '60')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await set('RTD_URL', server.url);
    await set('profiles.prod.url', 'https://prod.example.com');
    await set('profiles.prod.token', 'very-secret');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const all = await rtd(['config', 'get'], { env });
    expect(all.stdout).toContain('send-timeout = 60\n');
    expect(all.stdout).toContain(`url = ${server.url}\n`);
    expect(all.stdout).toContain('profiles.prod.token = (secret)\n');
    expect(all.stdout).not.toContain('very-secret');
    expect((await rtd(['config', 'get', 'profiles.prod.token'], { env })).stdout).toBe('very-secret\n');
    await set('profiles.test.url', 'https://test.example.com');
    await set('--unset', 'profiles.test.url');
    await set('profile', 'prod');
    await set('--unset', 'profiles.prod');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ 'send-timeout': '60', url: server.url });
    expect(await rtd(['config', 'get', 'user'], { env })).toMatchObject({ code: 1, stdout: '' });
  }, 40_000);

  test.each<[string[], RegExp]>([
    [['set', 'send-timeot', '3'], /no setting "send-timeot"\. Did you mean "send-timeout"\?/],
    [['set', 'send-timeout', 'soon'], /^rtd: send-timeout: takes a number of seconds/],
    [['set', 'port', '99999'], /^rtd: port: takes a port number from 0 to 65535/],
    [['set', 'url', 'ftp://x'], /^rtd: url: "ftp:\/\/x" is no address of a server/],
    [['set', 'profile', 'prod'], /no profile "prod" yet.*rtd config set profiles\.prod\.url/],
    [['set', 'profiles.prod', '--unset'], /no profile "prod"/],
    [['set', 'profiles.prod.host', 'x'], /profiles\.NAME\.url/],
    [['set', 'url'], /takes a setting and its value/],
    [['get', 'nope'], /no setting "nope"/],
    [['gett'], /Did you mean "rtd config get"\?/],
  ])('rtd config %j is refused with 2, and nothing is kept', async (words, says) => {
    const env = { XDG_CONFIG_HOME: newFolder() };
    const { code, stdout, stderr } = await rtd(['config', ...words], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
    expect(existsSync(path.join(env.XDG_CONFIG_HOME, 'rtd'))).toBe(false);
  });

  test('sets what no option and no variable sets', async () => {
    const { env } = homeWith({ url: server.url, user: 'from-file', 'send-json': true });
    const sender = async (words: string[], more: Record<string, string> = {}): Promise<string> => {
      const { stdout, stderr } = await rtd(['send', 'hi', ...words], { env: { ...env, ...more } });
      expect(stderr).toBe('');
      return ChatMessage.parse(JSON.parse(stdout)).senderId;
    };
    expect(await sender([])).toBe('from-file');
    expect(await sender([], { RTD_USER: 'from-variable' })).toBe('from-variable');
    expect(await sender(['--name', 'from-option'], { RTD_USER: 'from-variable' })).toBe('from-option');
  });

  test('a wrong value says where it comes from', async () => {
    const { env, file } = homeWith({ 'send-timeout': 'soon' });
    const { code, stderr } = await rtd(['send', 'hi'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/--timeout takes .*"soon"\. \(That is send-timeout in /);
    expect(stderr).toContain(file);
    const variable = await rtd(['send', 'hi'], { env: { RTD_SEND_TIMEOUT: 'soon' } });
    expect(variable.stderr).toMatch(/That is the environment variable RTD_SEND_TIMEOUT/);
  });

  test('a broken one ends a command with 2, without a word of what is in it; help and path still work', async () => {
    const { env, file } = homeWith('{"token": "very-secret"');
    const { code, stderr } = await rtd(['send', 'hi'], { env });
    expect(code).toBe(2);
    expect(stderr).toContain(`The config file ${file} is not JSON`);
    expect(stderr).not.toContain('very-secret');
    expect((await rtd(['send', '--help'], { env })).code).toBe(0);
    expect((await rtd(['config', 'path'], { env })).code).toBe(0);
    expect((await rtd(['config', 'set', 'url', nowhere], { env })).code).toBe(2);
    expect(readFileSync(file, 'utf8')).toContain('very-secret');
  });

  test('a server warns of none of the settings of other commands', async () => {
    const { env } = homeWith({ 'send-timeout': 5, 'simulate-rate': 1, url: nowhere });
    await using running = await serve({ env: { ...env, RTD_HISTORY_LIMIT: '3' } });
    expect(running.stdout).not.toContain('no effect');
  });
});

describe('profiles', () => {
  const profiles = (): Record<string, unknown> => ({ here: { url: server.url, user: 'me' }, gone: { url: nowhere } });

  test('--profile is a server by its name; it wins over the variables, and an option over it', async () => {
    const { env } = homeWith({ profiles: profiles() });
    const words = ['send', 'hi', '--json', '--profile', 'here'];
    const { stdout } = await rtd(words, { env: { ...env, RTD_URL: nowhere } });
    expect(ChatMessage.parse(JSON.parse(stdout)).senderId).toBe('me');
    const other = await rtd([...words, '--url', nowhere], { env });
    expect(other.stderr).toMatch(/Cannot reach http:\/\/127\.0\.0\.1:49151/);
  });

  test('one of them is for every command where the file or RTD_PROFILE says so', async () => {
    const { env } = homeWith({ profile: 'gone', profiles: profiles() });
    expect((await rtd(['history'], { env })).stderr).toMatch(/Cannot reach http:\/\/127\.0\.0\.1:49151/);
    expect((await rtd(['history'], { env: { ...env, RTD_PROFILE: 'here' } })).code).toBe(0);
  });

  test('a name that is none is refused, with the one that is meant', async () => {
    const { env } = homeWith({ profiles: profiles() });
    const { code, stderr } = await rtd(['history', '--profile', 'hree'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/no profile "hree" in the config file\. Did you mean "here"\?/);
  });

  test('the token of one server never goes to another', async () => {
    await using jwt = await host({ env: { RTD_AUTH: 'jwt', RTD_JWT_SECRET: 'dev-only-not-a-secret-0123456789' } });
    const secret = { RTD_JWT_SECRET: 'dev-only-not-a-secret-0123456789' };
    const token = (await rtd(['token', '--user', 'alice'], { env: secret })).stdout.trim();
    const { env } = homeWith({ profiles: { jwt: { url: jwt.url, token } } });
    expect((await rtd(['send', 'hi', '--profile', 'jwt'], { env })).code).toBe(0);
    const elsewhere = await rtd(['send', 'hi', '--profile', 'jwt', '--url', `${jwt.url}/`], { env });
    expect(elsewhere).toMatchObject({ code: 1 });
    expect(elsewhere.stderr).toMatch(/token/);
  });
});

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hosted, host } from './hosted.ts';
import { newFolder, rtd, serve, webServer } from './running.ts';

/** One clear line on stderr, nothing on stdout, and no trace of where in the code it happened. */
function expectOneLine(ended: { stdout: string; stderr: string }, says: RegExp): void {
  expect(ended.stdout).toBe('');
  expect(ended.stderr).toMatch(/^rtd: [^\n]+\n$/);
  expect(ended.stderr).not.toMatch(/\n\s+at |node_modules|\.[jt]s:\d/);
  expect(ended.stderr).toMatch(says);
}

describe('asked wrongly: exit code 2, before anything is tried', () => {
  test.each<[string, string[], RegExp]>([
    ['a command that is typed wrong', ['strat'], /no command "strat"\. Did you mean "rtd start"\?/],
    ['a command that there is not', ['frobnicate'], /no command "frobnicate"\. "rtd --help"/],
    ['an option of the program that is typed wrong', ['--hlep'], /no option --hlep .*Did you mean "rtd --help"\?/],
    ['an option before its command', ['--name', 'ann', 'send', 'hi'], /no option --name .*behind the command/],
    ['half a command', ['watch', 'markt'], /Did you mean "rtd watch market"\?/],
    ['an option that is typed wrong', ['send', 'hi', '--nmae', 'x'], /no option --nmae\. Did you mean --name\?/],
    ['an option that there is not', ['history', '--frobnicate'], /no option --frobnicate\. See "rtd history --help"/],
    ['an option without its value', ['send', 'hi', '--to'], /--to expects a value/],
    ['two options that exclude each other', ['send', 'hi', '--to', 'a', '--conversation', 'b'], /--to/],
    ['a text without quotes', ['send', 'hello', 'world'], /"world" is one argument too many.*quotes/],
    ['an empty message', ['send', ''], /empty/],
    ['a message of spaces', ['send', '  \t '], /empty/],
    ['a message too long', ['send', 'x'.repeat(4_001)], /4001 characters, and 4000 are the most/],
    ['a recipient that cannot be one', ['send', 'hi', '--to', 'a b'], /--to takes a name/],
    ['a conversation that cannot be one', ['history', '--conversation', 'a b'], /--conversation takes a name/],
    ['one to be watched', ['watch', 'chat', '--conversation', ''], /--conversation takes a name/],
    ['one to be replayed', ['replay', '--conversation', 'a/b'], /--conversation takes a name/],
    ['a name that cannot be one', ['send', 'hi', '--name', 'a/b'], /"a\/b" cannot be a user id/],
    ['a wrong number', ['history', '--limit', 'many'], /--limit takes a number of messages, such as 100, not "many"/],
    ['a number out of range', ['simulate', '--rate', '0'], /--rate takes/],
    ['a negative number', ['history', '--after=-1'], /--after takes/],
    ['no symbols', ['simulate', '--symbols', '0'], /--symbols takes/],
    ['a symbol that cannot be one', ['watch', 'market', '--symbols', 'B TC'], /"B TC" is no symbol/],
    ['a transport that there is not', ['chat', '--transport', 'pigeon'], /auto, ws, poll/],
    ['an address that is none', ['send', 'hi', '--url', 'ftp://x'], /"ftp:\/\/x" is no address of a server/],
    ['a server option that does not fit', ['serve', '--port', '99999'], /--port.*0 to 65535/],
    ['an open server for everybody', ['serve', '--host', '0.0.0.0'], /RTD_AUTH/],
    ['a port that is none', ['start', '--port', 'http'], /--port.*0 to 65535/],
  ])('%s', async (_what, words, says) => {
    const ended = await rtd(words);
    expectOneLine(ended, says);
    expect(ended.code).toBe(2);
  });

  test('nothing to send, and nothing on standard input', async () => {
    await using server = await serve();
    const ended = await rtd(['send'], { env: { RTD_URL: server.url } });
    expectOneLine(ended, /nothing to send.*rtd send "Hello"/);
    expect(ended.code).toBe(2);
  });

  test('a variable that does not fit is named', async () => {
    const ended = await rtd(['serve'], { env: { RTD_PORT: 'eighty' } });
    expectOneLine(ended, /RTD_PORT/);
    expect(ended.code).toBe(2);
  });

  test('every wrong option of a server is said at once, a line each', async () => {
    const { code, stderr } = await rtd(['serve', '--port', 'x', '--auth', 'y']);
    expect(code).toBe(2);
    expect(stderr.match(/^rtd: --/gm)).toHaveLength(2);
  });
});

/** Every command that is a client. */
const CLIENTS = ['send hi', 'history', 'watch chat', 'watch market', 'simulate', 'chat', 'replay', 'replay market'];

describe('a server that is not there: exit code 1', () => {
  test.each(CLIENTS)('rtd %s', async (words) => {
    // Reserved for nobody (IANA): nothing listens there, and it is no port that fetch refuses to try.
    const ended = await rtd([...words.split(' '), '--url', 'http://127.0.0.1:49151']);
    expectOneLine(ended, /Cannot reach http:\/\/127\.0\.0\.1:49151: nothing listens there\..*rtd serve/);
    expect(ended.code).toBe(1);
  });

  test.each(['history'])('rtd %s: the variable counts as the option does', async (words) => {
    const ended = await rtd(words.split(' '), { env: { RTD_URL: 'http://127.0.0.1:49151' } });
    expectOneLine(ended, /Cannot reach http:\/\/127\.0\.0\.1:49151/);
    expect(ended.code).toBe(1);
  });
});

test.each(CLIENTS)('rtd %s at a web server that is none of ours: exit code 1', async (words) => {
  await using other = await webServer();
  const ended = await rtd([...words.split(' '), '--url', other.url]);
  expectOneLine(ended, /is no RTD server/);
  expect(ended.code).toBe(1);
});

describe('a server that wants a token: exit code 1', () => {
  let server: Hosted;
  beforeAll(async () => {
    server = await host({ env: { RTD_AUTH: 'jwt', RTD_JWT_SECRET: 'a secret of more than 32 characters' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each([
    ['send hi', ''],
    ['send hi', 'not.a.token'],
    ['history', ''],
    ['watch chat', 'not.a.token'],
    ['watch market', ''],
    ['simulate', ''],
  ])('rtd %s with the token "%s"', async (words, RTD_TOKEN) => {
    const ended = await rtd(words.split(' '), { env: { RTD_URL: server.url, RTD_TOKEN } });
    expectOneLine(ended, /token.*RTD_TOKEN/);
    expect(ended.code).toBe(1);
  });
});

describe('a server that cannot start: exit code 1', () => {
  let server: Hosted;
  beforeAll(async () => {
    server = await host();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('the port is taken', async () => {
    await using other = await webServer();
    const ended = await rtd([
      'serve',
      '--port',
      String(other.port),
      '--data-dir',
      newFolder(),
      '--log-level',
      'silent',
    ]);
    expectOneLine(ended, new RegExp(`${other.port}.*taken.*--port`));
    expect(ended.code).toBe(1);
  });

  test('the data folder is a file', async () => {
    const file = path.join(newFolder(), 'file');
    writeFileSync(file, '');
    for (const command of ['serve', 'start']) {
      const ended = await rtd([command, '--port', '0', '--data-dir', path.join(file, 'data')]);
      expectOneLine(ended, /folder.*--data-dir/);
      expect(ended.code).toBe(1);
    }
  });

  test('the data folder is that of another server', async () => {
    const ended = await rtd(['serve', '--port', '0', '--data-dir', server.dataDir]);
    expectOneLine(ended, /in use by another server.*--data-dir/);
    expect(ended.code).toBe(1);
  });
});

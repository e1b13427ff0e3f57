import { expect, test } from 'vitest';
import { COMMANDS } from '../src/command-list.ts';
import { rtd } from './running.ts';

test('rtd alone shows the five commands that one wants first, and where the others are', async () => {
  const { code, stdout, stderr } = await rtd([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const shown = COMMANDS.filter(({ words }) => stdout.includes(`  ${words} `)).map(({ words }) => words);
  expect(shown).toEqual(['start', 'chat', 'send', 'watch chat', 'watch market']);
  expect(stdout).toContain('rtd --help');
  expect(stdout.split('\n').length).toBeLessThan(12);
});

test.each([[['--help']], [['-h']], [['help']]])('rtd %j shows every command, those first', async (words) => {
  const { code, stdout, stderr } = await rtd(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const command of COMMANDS) expect(stdout).toContain(`  ${command.words} `);
  expect(stdout.indexOf(' start ')).toBeLessThan(stdout.indexOf(' serve '));
});

test.each(COMMANDS.map(({ words }) => words))('rtd %s --help has usage, options and examples', async (words) => {
  const { code, stdout, stderr } = await rtd([...words.split(' '), '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`$ rtd ${words}`);
  expect(stdout).toMatch(/^(FLAGS|ARGUMENTS)$/m);
  // Every option is a variable, too, and says which.
  const [, flags = ''] = stdout.split(/^FLAGS$/m);
  const options = flags.split(/^DESCRIPTION$/m)[0]?.split(/^ {2}(?=-)/m) ?? [];
  for (const option of options.slice(1)) expect(option.replaceAll(/\s+/g, '')).toMatch(/RTD_[A-Z_]+/);
  expect(stdout).toMatch(/EXAMPLES\n(.|\n)*\$ .*rtd/);
});

test('rtd help send is rtd send --help', async () => {
  expect((await rtd(['help', 'send'])).stdout).toBe((await rtd(['send', '--help'])).stdout);
});

test('rtd serve --help shows every option of the server with its variable', async () => {
  const { stdout } = await rtd(['serve', '--help']);
  for (const name of ['--host', 'RTD_MYSQL_URL', '--allowed-origins', '--limit-sse-total', 'RTD_LIMIT_FRAME_BYTES']) {
    expect(stdout).toContain(name);
  }
});

test.each([[['--version']], [['version']]])('rtd %j says which it is', async (words) => {
  const { code, stdout } = await rtd(words);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^rtd\/\d+\.\d+\.\d+ \S+ node-v\d+/);
});

test('on an old Node it says what to do instead of failing somewhere', async () => {
  const pretend = "Object.defineProperty(process, 'versions', { value: { node: '18.20.0' } })";
  const { code, stdout, stderr } = await rtd(['--help'], {
    nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^rtd needs Node 24 or newer.*npx rtd.*\n$/);
});

import { expect, test } from 'vitest';
import { COMMANDS } from '../src/command-list.ts';
import { rtd } from './running.ts';

test.each([[[]], [['--help']], [['-h']], [['help']]])(
  'rtd %j shows the commands that one wants first',
  async (words) => {
    const { code, stdout, stderr } = await rtd(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const first = stdout.indexOf('rtd') >= 0 ? stdout.split('\n').length : 0;
    expect(first).toBeLessThan(30);
    for (const command of COMMANDS) expect(stdout).toContain(`  ${command.words} `);
    expect(stdout.indexOf(' start ')).toBeLessThan(stdout.indexOf(' serve '));
  },
);

test.each(COMMANDS.map(({ words }) => words))('rtd %s --help has usage, options and examples', async (words) => {
  const { code, stdout, stderr } = await rtd([...words.split(' '), '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`$ rtd ${words}`);
  expect(stdout).toContain('FLAGS');
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

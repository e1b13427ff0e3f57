/** Completion as a shell does it: the script in the real bash, zsh (on a terminal) and fish, where there are any. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../src/command-list.ts';
import { newFolder, rtd } from './running.ts';

const folder = newFolder();
beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await rtd(['completion', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    writeFileSync(path.join(folder, shell), stdout);
  }
});
/** Where everything has to be there, a shell that is missing is a failure. */
const required = process.env.RTD_TEST_SERVICES === 'required';
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

/** What bash offers behind these words, the last of which is being typed. */
function inBash(...words: string[]): string[] {
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rtd; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', path.join(folder, 'bash'), ...words], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe.runIf(has('bash'))('bash', () => {
  test('offers every command by its words', () => {
    expect(inBash('rtd', '')).toEqual(
      expect.arrayContaining([...new Set(COMMANDS.map(({ words }) => words.split(' ')[0]))]),
    );
    expect(inBash('rtd', 'wat')).toEqual(['watch']);
    expect(inBash('rtd', 'watch', '')).toEqual(expect.arrayContaining(['chat', 'market']));
    expect(inBash('rtd', 'config', 's')).toEqual(['set']);
  });

  test('offers the options of the command, and their values', () => {
    expect(inBash('rtd', 'watch', 'chat', '--la')).toEqual(['--last']);
    expect(inBash('rtd', 'watch', 'market', '--la')).toEqual([]);
    expect(inBash('rtd', 'start', '--no')).toEqual(['--no-bots']);
    expect(inBash('rtd', 'chat', '--transport', '')).toEqual(['auto', 'ws', 'poll']);
    expect(inBash('rtd', 'chat', '--transport', '=', 'p')).toEqual(['poll']);
    expect(inBash('rtd', 'completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(inBash('rtd', 'send', '--timeout', '')).toEqual([]);
  });

  test('offers files where an option takes one', () => {
    const file = path.join(folder, 'bas');
    expect(inBash('rtd', 'simulate', '--file', file)).toEqual([`${file}h`]);
  });
});

/** A zsh on a terminal, with the script as `setUp` loads it; `typed` is the line that a Tab makes of another, and what is listed below it. */
async function zsh(setUp: string): Promise<{ typed(line: string): Promise<string> } & Disposable> {
  const size = { cols: 120, rows: 40 };
  const terminal = new Terminal({ ...size, allowProposedApi: true });
  const env = { PATH: process.env.PATH ?? '', HOME: folder, TERM: 'xterm' };
  const pty = spawn('zsh', ['-f', '-i'], { ...size, name: 'xterm', cwd: folder, env });
  pty.onData((data) => terminal.write(data));
  const screen = (): string => {
    const { active } = terminal.buffer;
    const rows = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
    return rows.join('\n').trimEnd();
  };
  const shows = (pattern: RegExp) => expect.poll(screen, { timeout: 20_000, interval: 20 }).toMatch(pattern);
  const commands = [`PS1='ready> '`, 'autoload -Uz compinit', `compinit -u -d ${folder}/dump`, setUp];
  pty.write(`${commands.join('; ')}; clear\r`);
  await shows(/^ready>$/);
  return {
    typed: async (line) => {
      // A line that is unchanged shows nothing: what is typed behind it says that the Tab was dealt with.
      pty.write(`${line}\t@@`);
      await shows(/@@/);
      const shown = screen();
      pty.write('\x03');
      await shows(/\nready>$/);
      pty.write('\f');
      await shows(/^ready>$/);
      return shown.replace(/^ready> /, '').replace(/ *@@/, '');
    },
    [Symbol.dispose]: () => {
      pty.kill('SIGKILL');
      terminal.dispose();
    },
  };
}

describe.runIf(has('zsh') || required)('zsh', { timeout: 60_000 }, () => {
  test('offers commands, options and values, with descriptions', async () => {
    using shell = await zsh(`eval "$(cat ${folder}/zsh)"`);
    expect(await shell.typed('rtd wat')).toBe('rtd watch');
    expect(await shell.typed('rtd watch ')).toMatch(
      /^rtd watch\nchat +-- follow a conversation, line by line\nmarket +-- /,
    );
    expect(await shell.typed('rtd config s')).toBe('rtd config set');
    expect(await shell.typed('rtd watch chat --la')).toBe('rtd watch chat --last');
    expect(await shell.typed('rtd watch market --la')).toBe('rtd watch market --la');
    expect(await shell.typed('rtd watch chat --last 5 --js')).toBe('rtd watch chat --last 5 --json');
    expect(await shell.typed('rtd chat --transport p')).toBe('rtd chat --transport poll');
    expect(await shell.typed('rtd chat --transport=p')).toBe('rtd chat --transport=poll');
    expect(await shell.typed('rtd serve --auth j')).toBe('rtd serve --auth jwt');
    expect(await shell.typed('rtd explain st')).toBe('rtd explain stomp');
    expect(await shell.typed('rtd --v')).toBe('rtd --version');
    expect(await shell.typed(`rtd simulate --file ${folder}/bas`)).toBe(`rtd simulate --file ${folder}/bash`);
    expect(await shell.typed(`rtd simulate --file=${folder}/bas`)).toBe(`rtd simulate --file=${folder}/bash`);
  });

  test('the script may be kept in a folder of fpath', async () => {
    mkdirSync(path.join(folder, 'fpath'));
    copyFileSync(path.join(folder, 'zsh'), path.join(folder, 'fpath', '_rtd'));
    using shell = await zsh(`fpath=(${folder}/fpath $fpath); compinit -u -d ${folder}/dump-of-fpath`);
    // The first time the file is loaded, the second time it is there.
    expect(await shell.typed('rtd watch chat --la')).toBe('rtd watch chat --last');
    expect(await shell.typed('rtd watch chat --af')).toBe('rtd watch chat --after');
  });
});

test.runIf(has('fish') || required)('fish offers commands, options and values, with descriptions', () => {
  const offered = (line: string): string[] => {
    const script = `source ${path.join(folder, 'fish')}; complete -C '${line}'`;
    const { stdout, stderr } = spawnSync('fish', ['-N', '-c', script], { encoding: 'utf8', cwd: folder });
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  };
  expect(offered('rtd wat')).toEqual(['watch\tchat, market']);
  expect(offered('rtd watch ')).toEqual([
    'chat\tfollow a conversation, line by line',
    'market\tfollow prices, line by line',
  ]);
  expect(offered('rtd watch chat --la')).toEqual(['--last\tbegin with the last so many']);
  expect(offered('rtd watch market --la')).toEqual(['']);
  expect(offered('rtd watch chat --last 5 --js')).toEqual(['--json\tone JSON document a line']);
  expect(offered('rtd chat --transport p')).toEqual([expect.stringMatching(/^poll\t/)]);
  expect(offered('rtd chat --transport=p')).toEqual([expect.stringMatching(/^--transport=poll\t/)]);
  expect(offered('rtd serve --auth j')).toEqual([expect.stringMatching(/^jwt\t/)]);
  expect(offered('rtd explain st')).toEqual(['stomp']);
  expect(offered('rtd --v')).toEqual(['--version\twhich it is']);
  expect(offered('rtd send --timeout ')).toEqual(['']);
  expect(offered(`rtd simulate --file ${folder}/bas`)).toEqual([`${folder}/bash`]);
});

test.each([[[]], [['csh']]])('rtd completion %j is asked wrongly', async (words) => {
  const { code, stdout, stderr } = await rtd(['completion', ...words]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/bash, zsh(, | or )fish/);
});

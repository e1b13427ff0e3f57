/** Completion as a shell does it: the script in the real bash, and in the real zsh and fish where there are any. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
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

test.runIf(has('zsh'))('zsh takes its script', () => {
  const { status, stderr } = spawnSync('zsh', ['-n', path.join(folder, 'zsh')], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.runIf(has('fish'))('fish offers commands and options', () => {
  const offered = (line: string): string =>
    spawnSync('fish', ['-N', '-c', `source ${path.join(folder, 'fish')}; complete -C '${line}'`], { encoding: 'utf8' })
      .stdout;
  expect(offered('rtd watch ')).toMatch(/^chat\tfollow/m);
  expect(offered('rtd watch chat --la')).toMatch(/^--last\t/);
  expect(offered('rtd chat --transport ')).toMatch(/^poll\t/m);
});

test.each([[[]], [['csh']]])('rtd completion %j is asked wrongly', async (words) => {
  const { code, stdout, stderr } = await rtd(['completion', ...words]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/bash, zsh(, | or )fish/);
});

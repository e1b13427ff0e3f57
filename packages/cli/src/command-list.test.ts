import { globSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from './command-list.ts';

test('the list has every command that there is a file for, and no other', () => {
  const files = globSync('**/*.ts', { cwd: path.join(import.meta.dirname, 'commands') });
  const words = files.map((file) => file.replace(/\.ts$/, '').replaceAll(path.sep, ' '));
  expect(COMMANDS.map((command) => command.words).toSorted()).toEqual(words.toSorted());
});

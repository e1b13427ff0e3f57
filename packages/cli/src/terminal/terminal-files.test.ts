import path from 'node:path';
import { expect, it } from 'vitest';
import { terminalFiles } from './terminal-files.ts';

const homeDirectory = path.join(path.sep, 'home', 'a');
const inHome = (...parts: readonly string[]): string => path.join(homeDirectory, ...parts);

it.each([
  ['linux', {}, inHome('.local/state/rtd/terminals'), inHome('.config/rtd/terminal.json')],
  ['linux', { XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c' }, '/s/rtd/terminals', '/c/rtd/terminal.json'],
  [
    'linux',
    { XDG_STATE_HOME: '', XDG_CONFIG_HOME: '' },
    inHome('.local/state/rtd/terminals'),
    inHome('.config/rtd/terminal.json'),
  ],
  [
    'darwin',
    {},
    inHome('Library/Application Support/rtd/terminals'),
    inHome('Library/Application Support/rtd/terminal.json'),
  ],
  ['win32', { LOCALAPPDATA: '/l' }, '/l/rtd/terminals', '/l/rtd/terminal.json'],
] as const)('on %s with %j', (platform, env, devicesFolder, preferencesFile) => {
  expect(terminalFiles({ env, platform, homeDirectory })).toMatchObject({ devicesFolder, preferencesFile });
});

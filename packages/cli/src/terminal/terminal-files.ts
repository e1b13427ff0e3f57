/** Where the terminal client keeps what outlives it, by the platform's own rules. */
import path from 'node:path';

export interface TerminalFiles {
  /** What is not sent yet, a folder a user and server. */
  readonly devicesFolder: string;
  /** What people may edit: watch list and alerts. */
  readonly preferencesFile: string;
  /** What is known of the last crash. */
  readonly crashFile: string;
}

export interface Home {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly homeDirectory: string;
}

export function terminalFiles({ env, platform, homeDirectory }: Home): TerminalFiles {
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const library = path.join(homeDirectory, 'Library', 'Application Support');
  const local = set('LOCALAPPDATA') ?? path.join(homeDirectory, 'AppData', 'Local');
  const own = { darwin: library, win32: local }[String(platform)];
  const state = set('XDG_STATE_HOME') ?? own ?? path.join(homeDirectory, '.local', 'state');
  const config = set('XDG_CONFIG_HOME') ?? own ?? path.join(homeDirectory, '.config');
  return {
    devicesFolder: path.join(state, 'rtd', 'terminals'),
    preferencesFile: path.join(config, 'rtd', 'terminal.json'),
    crashFile: path.join(state, 'rtd', 'crash.log'),
  };
}

/** Where the config file is. */
import path from 'node:path';

export interface ConfigPathSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDirectory: string;
}

/** `~/.config/rtd/config.json`; XDG_CONFIG_HOME is heeded where it is absolute, as its specification asks. */
export function configPath({ env, platform, homeDirectory }: ConfigPathSource): string {
  const xdg = env.XDG_CONFIG_HOME;
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, 'rtd', 'config.json');
  if (platform === 'win32') {
    return path.join(env.APPDATA ?? path.join(homeDirectory, 'AppData', 'Roaming'), 'rtd', 'config.json');
  }
  return path.join(homeDirectory, '.config', 'rtd', 'config.json');
}

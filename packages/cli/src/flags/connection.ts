/** Where the server is and who one is there: the same flags, variables and rules for every command that is a client. */
import { string } from '@oclif/core/flags';
import type { ClientIdentity } from '@rtd/client';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

export const connectionFlags = {
  url: string({ description: 'server to talk to', env: 'RTD_URL', default: DEFAULT_URL, helpValue: 'URL' }),
  name: string({ description: 'who you are; a guest when not given', env: 'RTD_USER', helpValue: 'NAME' }),
  // Taken in by main.ts before the command starts: what it says is in the environment by now.
  profile: string({
    description: 'a server of the config file, by its name there: its url, user and token',
    env: 'RTD_PROFILE',
    helpValue: 'NAME',
  }),
};

/** Who to be. A token says it by itself; it comes from the environment only, because flags show in process lists. */
export function identityOf(name: string | undefined, env: NodeJS.ProcessEnv): ClientIdentity {
  const token = env.RTD_TOKEN;
  return token === undefined || token === '' ? { userId: name } : { token };
}

/** The services of whoever runs this process. */
import { homedir } from 'node:os';
import { Failure } from '../failure.ts';
import { DockerCompose } from './docker-compose.ts';
import { Services } from './services.ts';
import { nativeServices, servicesFolder } from './services-folder.ts';

/** With containers where docker compose is there and its daemon answers, unless `native`. */
export async function openServices(process: NodeJS.Process, options: { native?: boolean } = {}): Promise<Services> {
  const { env, platform } = process;
  return new Services({
    folder: servicesFolder({ env, platform, homeDirectory: homedir() }),
    services: nativeServices(env),
    docker: options.native === true ? undefined : await DockerCompose.find(env.PATH),
    now: () => new Date(),
  });
}

/** Variable -> value for a server that is to use what is up. @throws Failure where nothing is. */
export async function environmentOfWhatIsUp(process: NodeJS.Process): Promise<Readonly<Record<string, string>>> {
  const environment = await (await openServices(process)).environment();
  if (Object.keys(environment).length > 0) return environment;
  throw new Failure('Nothing is up that --backends up could use: start it with "rtd up", or leave the option out.');
}

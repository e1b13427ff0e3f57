/** The services of whoever runs this process. */
import { homedir } from 'node:os';
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

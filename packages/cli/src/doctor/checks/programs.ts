import { DockerCompose } from '../../services/docker-compose.ts';
import { findProgram } from '../../services/run-step.ts';
import { type Check, pass, skip, warn } from '../check.ts';

/** What `rtd up` can run natively, and by which program. Kafka itself comes by Maven, where KAFKA_HOME does not name one. */
const NATIVE: readonly (readonly [service: string, programs: readonly string[], install: string])[] = [
  ['MySQL', ['mariadbd', 'mysqld'], 'apt-get install mariadb-server'],
  ['Redis', ['redis-server', 'valkey-server'], 'apt-get install redis-server'],
  ['Kafka', ['java'], 'apt-get install openjdk-17-jre-headless'],
];
const MAVEN = ['Kafka (by Maven)', ['mvn'], 'apt-get install maven'] as const;

export const programs: Check = {
  id: 'programs',
  stretch: 'machine',
  title: 'Docker or native programs for rtd up',
  local: true,
  run: async ({ env, config }) => {
    const asked = 'docker compose; mariadbd or mysqld, redis-server or valkey-server, java, mvn or KAFKA_HOME';
    const docker = await DockerCompose.find(env.PATH);
    const needed = (env.KAFKA_HOME ?? '') === '' ? [...NATIVE, MAVEN] : NATIVE;
    const found = needed.map(([service, names, install]) => ({ service, install, file: findProgram(names, env.PATH) }));
    const missing = found.filter(({ file }) => file === undefined);
    const answered = [
      docker === undefined ? 'no docker that answers' : 'docker compose answers',
      ...found.map(({ service, file }) => `${service}: ${file ?? 'not installed'}`),
    ].join(', ');
    if (docker !== undefined || missing.length === 0) {
      return pass({ asked, answered }, '"rtd up" can start MySQL, Redis and Kafka here.');
    }
    const embedded =
      config?.mysqlUrl === undefined && config?.redisUrl === undefined && config?.kafkaBrokers === undefined;
    if (embedded) return skip(`Not needed: no backend is configured. "rtd up" would miss ${listOf(missing)}.`);
    return warn(
      { asked, answered },
      `"rtd up" could not start ${listOf(missing)} here; backends that run elsewhere are as good.`,
      missing.map(({ install }) => `sudo ${install}`).join('\n'),
    );
  },
};

function listOf(missing: readonly { readonly service: string }[]): string {
  return missing.map(({ service }) => service).join(', ');
}

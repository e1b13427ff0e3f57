/**
 * One Kafka broker in KRaft mode: from `KAFKA_HOME`, or its jars fetched once with Maven into the service's folder.
 * Needs Java 17.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { askPort } from './ask-port.ts';
import { freePort } from './free-port.ts';
import { type NativeService, ServiceError, type ServicePlace } from './native-service.ts';
import { findProgram, runStep } from './run-step.ts';

const VERSION = '4.2.0';
/** Any 16 bytes in base64: there is one cluster a folder. */
const CLUSTER_ID = 'cnRkLW5hdGl2ZS1rYWZrYQ';

/** ApiVersions, version 0, correlation 1, no client id: every broker answers it, to everybody. */
const API_VERSIONS = Uint8Array.of(0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff);

export interface KafkaSettings {
  readonly searchPath: string | undefined;
  readonly javaHome: string | undefined;
  readonly kafkaHome: string | undefined;
  /** Where fetched jars are kept; in the service's folder when left out. */
  readonly jars?: string | undefined;
}

/** For one machine's own use: what makes it ready with half of the work, rather than fast for days. */
const JAVA_OPTIONS = ['-Xms128m', '-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

export function kafkaService({ searchPath, javaHome, kafkaHome, jars }: KafkaSettings): NativeService {
  const java = (): string => {
    const paths =
      javaHome === undefined ? searchPath : `${path.join(javaHome, 'bin')}${path.delimiter}${searchPath ?? ''}`;
    const found = findProgram(['java'], paths);
    if (found !== undefined) return found;
    throw new ServiceError(
      'Kafka cannot be started: `java` is not installed. On Debian: apt-get install openjdk-17-jre-headless.',
    );
  };
  const libs = (folder: string): string =>
    kafkaHome === undefined ? path.join(jars ?? folder, `libs-${VERSION}`) : path.join(kafkaHome, 'libs');
  const properties = (folder: string): string => path.join(folder, 'server.properties');
  const run = (folder: string, main: string, ...args: string[]): { file: string; args: string[] } => ({
    file: java(),
    args: [...JAVA_OPTIONS, '-cp', path.join(libs(folder), '*'), main, ...args],
  });
  return {
    name: 'kafka',
    title: 'Kafka',
    usualPort: 29_092,
    async prepare(place, say) {
      const { folder } = place;
      java();
      mkdirSync(folder, { recursive: true });
      if (!existsSync(libs(folder))) await fetchJars(jars ?? folder, libs(folder), searchPath, say);
      const controllerPort = await controllerPortOf(place);
      writeFileSync(properties(folder), propertiesText(place, controllerPort));
      if (existsSync(path.join(folder, 'data', 'meta.properties'))) return;
      say('formatting its storage');
      await runStep(
        'kafka.tools.StorageTool format',
        run(folder, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties(folder)),
        folder,
      );
    },
    command: ({ folder }) => run(folder, 'kafka.Kafka', properties(folder)),
    answers: (port) => askPort(port, API_VERSIONS, (answer) => answer.length > 8 && answer.readInt32BE(4) === 1),
    environment: (port) => ({ RTD_KAFKA_BROKERS: `127.0.0.1:${port}` }),
  };
}

/** The port is part of the formatted storage's configuration, so it stays the same in a folder. */
async function controllerPortOf({ folder, port }: ServicePlace): Promise<number> {
  const file = path.join(folder, 'controller-port');
  if (existsSync(file)) return Number(readFileSync(file, 'utf8'));
  const free = await freePort();
  writeFileSync(file, String(free === port ? port + 1 : free));
  return controllerPortOf({ folder, port });
}

function propertiesText({ folder, port }: ServicePlace, controllerPort: number): string {
  return [
    'node.id=1',
    'process.roles=broker,controller',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${path.join(folder, 'data').replaceAll('\\', '/')}`,
    'num.partitions=3',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    '',
  ].join('\n');
}

async function fetchJars(
  folder: string,
  into: string,
  searchPath: string | undefined,
  say: (step: string) => void,
): Promise<void> {
  const maven = findProgram(['mvn'], searchPath);
  if (maven === undefined) {
    throw new ServiceError(
      'Kafka cannot be started: set KAFKA_HOME to an unpacked Kafka, or install `mvn`, with which it is fetched once (on Debian: apt-get install maven).',
    );
  }
  say(`fetching Kafka ${VERSION} with Maven, once (43 MB)`);
  const fetching = path.join(folder, 'fetching');
  rmSync(fetching, { recursive: true, force: true });
  mkdirSync(fetching, { recursive: true });
  writeFileSync(
    path.join(fetching, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rtd</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`,
  );
  // Complete or not there at all: the folder gets its name when the last jar is in it.
  const args = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=libs'];
  await runStep('mvn dependency:copy-dependencies', { file: maven, args }, fetching);
  renameSync(path.join(fetching, 'libs'), into);
  rmSync(fetching, { recursive: true, force: true });
}

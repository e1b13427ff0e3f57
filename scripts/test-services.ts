/**
 * Starts the real MariaDB, Redis and Kafka for the tests that talk to them, on free ports and in a folder of their own,
 * and ends them afterwards. Where a program is not installed its tests are skipped, and that is said aloud; with
 * `RTD_TEST_SERVICES=required` it is a failure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { kafkaService } from '../packages/cli/src/services/kafka-service.ts';
import { mysqlService } from '../packages/cli/src/services/mysql-service.ts';
import type { NativeService } from '../packages/cli/src/services/native-service.ts';
import { redisService } from '../packages/cli/src/services/redis-service.ts';
import { RunningServices } from '../packages/cli/src/services/running-services.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the services are; one that could not be started is missing. */
    mysqlUrl: string | undefined;
    redisUrl: string | undefined;
    kafkaBrokers: string | undefined;
  }
}

/** Fetched once for all runs. */
const jars = path.join(import.meta.dirname, '..', 'node_modules', '.cache', 'kafka');

export default async function startServices(project: TestProject): Promise<() => Promise<void>> {
  const { PATH: searchPath, JAVA_HOME: javaHome, KAFKA_HOME: kafkaHome, RTD_TEST_SERVICES: wish } = process.env;
  const folder = mkdtempSync(path.join(tmpdir(), 'rtd-services-'));
  const services: readonly NativeService[] = [
    mysqlService(searchPath),
    redisService(searchPath),
    kafkaService({ searchPath, javaHome, kafkaHome, jars }),
  ];
  const running = new RunningServices(folder);
  const environment: Record<string, string> = {};
  const stop = async (): Promise<void> => {
    for (const { name } of services) await running.stop(name);
    rmSync(folder, { recursive: true, force: true });
  };
  const started = await Promise.allSettled(
    services.map((service) => running.start(service, { port: 'any', say: () => {}, now: () => new Date() })),
  );
  for (const [index, service] of services.entries()) {
    const outcome = started[index];
    if (outcome?.status === 'fulfilled') {
      Object.assign(environment, service.environment(outcome.value));
      continue;
    }
    const why = outcome?.reason instanceof Error ? outcome.reason.message : String(outcome?.reason);
    if (wish === 'required') {
      await stop();
      throw new Error(why);
    }
    process.stderr.write(`\nSKIPPED: everything that needs ${service.title}. ${why}\n`);
  }
  project.provide('mysqlUrl', environment.RTD_MYSQL_URL);
  project.provide('redisUrl', environment.RTD_REDIS_URL);
  project.provide('kafkaBrokers', environment.RTD_KAFKA_BROKERS);
  return stop;
}

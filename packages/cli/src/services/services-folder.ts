/** Where `rtd up` keeps its services, and which ones there are. */
import path from 'node:path';
import { type ConfigSource, defaultDataDir } from '@rtd/server';
import { kafkaService } from './kafka-service.ts';
import { mysqlService } from './mysql-service.ts';
import type { NativeService } from './native-service.ts';
import { redisService } from './redis-service.ts';

/**
 * `services` in the data folder that the environment names (RTD_DATA_DIR), or in the platform's. A server's own `--data-dir`
 * is no part of this: several servers with a folder each share the services.
 */
export function servicesFolder(place: ConfigSource): string {
  const named = place.env?.RTD_DATA_DIR;
  return path.resolve(named === undefined || named === '' ? defaultDataDir(place) : named, 'services');
}

/** The three, in the order in which they are told of; programs are looked for where `env` says. */
export function nativeServices(env: Readonly<Record<string, string | undefined>>): readonly NativeService[] {
  const { PATH: searchPath, JAVA_HOME: javaHome, KAFKA_HOME: kafkaHome } = env;
  return [mysqlService(searchPath), redisService(searchPath), kafkaService({ searchPath, javaHome, kafkaHome })];
}

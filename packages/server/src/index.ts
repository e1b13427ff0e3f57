/**
 * The server as a library: start one from a configuration, with every option of it at hand. What is heavy (HTTP, MySQL,
 * Redis, Kafka) is loaded when it is called for, so a program that only reads a configuration starts without it.
 */

import type { Config } from './config.ts';
import type { OpenStoresOptions, Stores } from './open-stores.ts';
import type { Ambient, RunningServer } from './server.ts';

export type { KafkaProbe } from './adapters/kafka/probe-kafka.ts';
export type { MysqlProbe } from './adapters/mysql/probe-mysql.ts';
export { ProbeFailure } from './adapters/probe-failure.ts';
export type { RedisProbe } from './adapters/redis/probe-redis.ts';
export { lockFolder } from './adapters/sqlite/sqlite-folder-lock.ts';
export { directConversationId } from './chat/direct-conversation.ts';
export type { MessageStore, NewConversationRecord, NewMessage } from './chat/message-store.ts';
export { type Clock, systemClock } from './clock.ts';
export { type Config, ConfigError, type ConfigSource, defaultConfig, defaultDataDir, parseConfig } from './config.ts';
export { SERVER_OPTIONS, type ServerOption } from './config-options.ts';
export type { TickLog } from './market/tick-log.ts';
export type { Stores } from './open-stores.ts';
export type { Ambient, RunningServer } from './server.ts';
export { createLog, type Log, type LogLevel, type LogOptions, silentLog } from './telemetry/log.ts';
export { uuidV7 } from './uuid-v7.ts';

/** Resolves once it listens. @throws RtdError with one line that says what is wrong and what to do; everything is given back then. */
export async function startServer(config: Config, ambient: Ambient): Promise<RunningServer> {
  const server = await import('./server.ts');
  return server.startServer(config, ambient);
}

/** What was opened is closed when it is disposed of. @throws RtdError that says what cannot be reached, and what to do. */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  const stores = await import('./open-stores.ts');
  return stores.openStores(options);
}

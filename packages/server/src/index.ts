/** The server as a library: start one from a configuration, with every option of it at hand. */

export { type KafkaProbe, kafkaRoundTrip, probeKafka } from './adapters/kafka/probe-kafka.ts';
export { createMysqlDatabase, type MysqlProbe, probeMysql } from './adapters/mysql/probe-mysql.ts';
export { ProbeFailure } from './adapters/probe-failure.ts';
export { probeRedis, type RedisProbe, redisRoundTrip } from './adapters/redis/probe-redis.ts';
export { lockFolder } from './adapters/sqlite/sqlite-folder-lock.ts';
export { directConversationId } from './chat/direct-conversation.ts';
export type { MessageStore, NewConversationRecord, NewMessage } from './chat/message-store.ts';
export { type Clock, systemClock } from './clock.ts';
export { type Config, ConfigError, type ConfigSource, defaultConfig, defaultDataDir, parseConfig } from './config.ts';
export { SERVER_OPTIONS, type ServerOption } from './config-options.ts';
export type { TickLog } from './market/tick-log.ts';
export { openStores, type Stores } from './open-stores.ts';
export { type Ambient, type RunningServer, startServer } from './server.ts';
export { createLog, type Log, type LogLevel, type LogOptions, silentLog } from './telemetry/log.ts';
export { uuidV7 } from './uuid-v7.ts';

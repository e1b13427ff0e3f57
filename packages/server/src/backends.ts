/**
 * The backends that a configuration asks for, each chosen on its own by its URL: SQLite or MySQL keeps messages, SQLite or
 * Kafka keeps ticks, Redis connects servers, and mailboxes go through Kafka before Redis. Without any the server is alone
 * on its data folder. The code of a backend is loaded only where it is asked for.
 */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RtdError, type ServerId, toRtdError } from '@rtd/protocol';
import { createInProcessBus } from './adapters/in-process/in-process-message-bus.ts';
import { createPresenceHub } from './adapters/in-process/in-process-presence-directory.ts';
import { createInProcessMailbox } from './adapters/in-process/in-process-server-mailbox.ts';
import { openSqliteMessageStore } from './adapters/sqlite/sqlite-message-store.ts';
import { openSqliteRevocationStore } from './adapters/sqlite/sqlite-revocation-store.ts';
import { openSqliteTickLog } from './adapters/sqlite/sqlite-tick-log.ts';
import { openRevocations, type Revocations } from './auth/revocations.ts';
import type { MessageBus } from './chat/message-bus.ts';
import type { MessageStore } from './chat/message-store.ts';
import type { ServerMailbox } from './chat/server-mailbox.ts';
import type { UserServers } from './chat/user-servers.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { TickLog } from './market/tick-log.ts';
import type { PresenceDirectory } from './presence/presence-directory.ts';
import type { Log } from './telemetry/log.ts';
import type { Dependency } from './telemetry/readiness.ts';

/** How long a backend that does not answer is waited for at the start. */
const PATIENCE_MILLIS = 15_000;

export interface Backends {
  readonly store: MessageStore;
  readonly tickLog: TickLog;
  readonly bus: MessageBus;
  readonly mailbox: ServerMailbox;
  readonly directory: PresenceDirectory;
  /** Undefined where there is no other server to write to. */
  readonly userServers: UserServers | undefined;
  /** Undefined where auth is open: nobody may revoke there, and everybody is who they say. */
  readonly revocations: Revocations | undefined;
  readonly dependencies: readonly Dependency[];
}

export interface BackendSurroundings {
  readonly serverId: ServerId;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every commit, for metrics. */
  readonly committed: (calls: number, millis: number) => void;
}

/** What was opened is closed by `opened`, in reverse. @throws RtdError that says what cannot be reached, and what to do. */
export async function openBackends(
  config: Config,
  surroundings: BackendSurroundings,
  opened: AsyncDisposableStack,
): Promise<Backends> {
  const { serverId, clock, log, committed } = surroundings;
  const { mysqlUrl, redisUrl, kafkaBrokers, dataDir, batchCalls } = config;
  const own = <Resource extends { close(): Promise<void> }>(resource: Resource): Resource => {
    opened.defer(() => resource.close());
    return resource;
  };

  const kafka =
    kafkaBrokers === undefined ? undefined : { brokers: kafkaBrokers, ...(await import('./adapters/kafka.ts')) };
  const mysql = mysqlUrl === undefined ? undefined : { url: mysqlUrl, ...(await import('./adapters/mysql.ts')) };

  const tickLog = own(
    kafka === undefined
      ? await openSqliteTickLog({ path: path.join(dataDir, 'ticks.db'), clock, log })
      : await patiently(surroundings, () =>
          kafka.openKafkaTickLog({ brokers: kafka.brokers, clientId: serverId, clock, log }),
        ),
  );
  const store = own(
    mysql === undefined
      ? await openSqliteMessageStore({ path: path.join(dataDir, 'messages.db'), clock, log, batchCalls, committed })
      : await patiently(surroundings, () =>
          mysql.openMysqlMessageStore({ url: mysql.url, clock, log, batchCalls, committed }),
        ),
  );
  const redis = redisUrl === undefined ? undefined : await linkToRedis(redisUrl, surroundings);
  if (redis !== undefined) own(redis.link);
  const bus = own(redis?.createRedisBus(redis.link, log) ?? createInProcessBus());
  const mailbox = own(
    kafka?.createKafkaMailbox({ brokers: kafka.brokers, clientId: serverId, clock, log }) ??
      redis?.createRedisMailbox(redis.link, log) ??
      createInProcessMailbox(),
  );
  const redisDirectory = await redis?.openRedisPresenceDirectory({ link: redis.link, serverId, clock, log });
  const directory = own(redisDirectory ?? createPresenceHub(clock).join(serverId));

  const revocations =
    config.auth.mode === 'open'
      ? undefined
      : own(
          await openRevocations({
            store: own(
              mysql === undefined
                ? openSqliteRevocationStore(path.join(dataDir, 'revocations.db'))
                : mysql.createMysqlRevocationStore(mysql.url),
            ),
            feed: redis?.createRedisRevocationFeed(redis.link, clock, log),
            clock,
            log,
          }),
        );

  const shared = redis === undefined ? 'in-process' : 'redis';
  return {
    store,
    tickLog,
    bus,
    mailbox,
    directory,
    userServers: redisDirectory,
    revocations,
    dependencies: [
      {
        name: 'store',
        technology: mysqlUrl === undefined ? 'sqlite' : 'mysql',
        needed: true,
        check: () => store.check(),
      },
      {
        name: 'tick log',
        technology: kafkaBrokers === undefined ? 'sqlite' : 'kafka',
        // Chat goes on without prices; a folder that cannot be written to is another matter.
        needed: kafkaBrokers === undefined,
        check: () => tickLog.check(),
      },
      { name: 'bus', technology: shared, needed: false, check: () => bus.check() },
      {
        name: 'mailbox',
        technology: kafkaBrokers === undefined ? shared : 'kafka',
        needed: false,
        check: () => mailbox.check(),
      },
      { name: 'presence', technology: shared, needed: false, check: () => directory.check() },
    ],
  };
}

/** Backends are often started together with their servers: one that does not answer yet is asked again for a while. */
async function patiently<Backend>({ clock, log }: BackendSurroundings, open: () => Promise<Backend>): Promise<Backend> {
  const deadline = clock.monotonic() + PATIENCE_MILLIS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      const retryAfterMillis = error instanceof RtdError ? error.retryAfterMillis : undefined;
      if (retryAfterMillis === undefined || clock.monotonic() > deadline) throw error;
      if (attempt === 1) log.warn(`${toRtdError(error).message} Trying for ${PATIENCE_MILLIS / 1_000} s.`);
      // Not the clock's: its timers let a process end that has nothing else to do yet.
      await pause(retryAfterMillis);
    }
  }
}

async function linkToRedis(url: string, { serverId, clock, log }: BackendSurroundings) {
  const adapters = await import('./adapters/redis.ts');
  return { ...adapters, link: new adapters.RedisLink({ url, name: serverId, clock, log }) };
}

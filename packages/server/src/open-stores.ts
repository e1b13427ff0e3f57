/**
 * The message store and the tick log of a configuration, without a server: for programs that fill or empty them. Makes
 * tables and topics as a server does. What is in the data folder is for one program at a time, and so is locked.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { RtdError } from '@rtd/protocol';
import { lockFolder } from './adapters/sqlite/sqlite-folder-lock.ts';
import { openSqliteMessageStore } from './adapters/sqlite/sqlite-message-store.ts';
import { openSqliteTickLog } from './adapters/sqlite/sqlite-tick-log.ts';
import type { MessageStore } from './chat/message-store.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { openDataFolder } from './data-folder.ts';
import type { TickLog } from './market/tick-log.ts';
import type { Log } from './telemetry/log.ts';

export interface Stores extends AsyncDisposable {
  readonly store: MessageStore;
  readonly tickLog: TickLog;
}

export interface OpenStoresOptions {
  readonly config: Pick<Config, 'mysqlUrl' | 'kafkaBrokers' | 'dataDir'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Removes all messages, conversations, cursors and ticks first. No server may be using them. */
  readonly empty: boolean;
}

/** What was opened is closed when it is disposed of. @throws RtdError that says what cannot be reached, and what to do. */
export async function openStores({ config, clock, log, empty }: OpenStoresOptions): Promise<Stores> {
  const { mysqlUrl, kafkaBrokers, dataDir } = config;
  await using opened = new AsyncDisposableStack();
  if (mysqlUrl === undefined || kafkaBrokers === undefined) {
    await openDataFolder(dataDir);
    const lock = lockFolder(dataDir);
    opened.defer(() => lock.release());
  }

  const kafka =
    kafkaBrokers === undefined ? undefined : { brokers: kafkaBrokers, ...(await import('./adapters/kafka.ts')) };
  const mysql = mysqlUrl === undefined ? undefined : { url: mysqlUrl, ...(await import('./adapters/mysql.ts')) };
  const openStore = (): Promise<MessageStore> =>
    mysql === undefined
      ? openSqliteMessageStore({ path: path.join(dataDir, 'messages.db'), clock, log })
      : mysql.openMysqlMessageStore({ url: mysql.url, clock, log });
  const openTickLog = (): Promise<TickLog> =>
    kafka === undefined
      ? openSqliteTickLog({ path: path.join(dataDir, 'ticks.db'), clock, log })
      : kafka.openKafkaTickLog({ brokers: kafka.brokers, clientId: 'rtd-seed', clock, log });

  if (empty) {
    // Both are reached before anything is removed from either.
    await (await openStore()).close();
    await (await openTickLog()).close();
    if (mysql === undefined) removeFile(path.join(dataDir, 'messages.db'));
    else
      await mysql
        .dropMessageTables(mysql.url)
        .catch(refuse('The tables of MySQL cannot be dropped: may this user do that?'));
    if (kafka === undefined) removeFile(path.join(dataDir, 'ticks.db'));
    else
      await kafka
        .deleteTicks(kafka.brokers, log)
        .catch(refuse('Kafka did not delete the ticks. Try again in a moment.'));
  }

  const store = await openStore();
  opened.defer(() => store.close());
  const tickLog = await openTickLog();
  opened.defer(() => tickLog.close());
  const running = opened.move();
  return { store, tickLog, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** A SQLite file, and what belongs to it. */
function removeFile(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

function refuse(message: string): (cause: unknown) => never {
  return (cause) => {
    throw new RtdError('UNAVAILABLE', message, { cause });
  };
}

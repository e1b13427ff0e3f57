/** The four questions about MySQL. They share one look at it. */
import type { MysqlProbe } from '@rtd/server';
import { type Check, type Finding, fail, pass, skip, warn } from '../check.ts';
import type { Surroundings } from '../surroundings.ts';
import { backendFailure, placeOf } from './backend-failure.ts';

const EMBEDDED = 'No RTD_MYSQL_URL: messages are kept in SQLite, in the data folder.';
/** What one server takes (its pool), and what should be left for people. */
const A_SERVER = 5;
const LEAST_FREE = 2 * A_SERVER + 5;
const OLDEST = { mysql: [8, 0], mariadb: [10, 6] } as const;

async function look(
  { config, mysql: ask }: Surroundings,
  judge: (probe: MysqlProbe, place: string) => Finding,
): Promise<Finding> {
  if (config?.mysqlUrl === undefined) return skip(EMBEDDED);
  const place = placeOf(config.mysqlUrl, 3306);
  try {
    return judge(await ask(config.mysqlUrl), place);
  } catch (error) {
    return backendFailure(error, {
      title: 'MySQL',
      place,
      setting: 'RTD_MYSQL_URL',
      service: 'mysql',
      without: 'Without it no message can be sent.',
      asked: `SELECT version() at ${place}`,
    });
  }
}

export const mysql: Check = {
  id: 'mysql',
  stretch: 'backends',
  title: 'MySQL answers',
  run: (surroundings) =>
    look(surroundings, ({ version }, place) => {
      const evidence = { asked: `SELECT version() at ${place}`, answered: version };
      const kind = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
      const [major = 0, minor = 0] = version.split('.').map(Number);
      const [oldMajor, oldMinor] = OLDEST[kind];
      if (major < oldMajor || (major === oldMajor && minor < oldMinor)) {
        return warn(
          evidence,
          `It is tried with MySQL 8.4 and MariaDB 10.11; this is older than ${oldMajor}.${oldMinor}.`,
          'rtd up --only mysql',
        );
      }
      return pass(evidence, 'It is reachable, lets this user in, and is new enough.');
    }),
};

export const mysqlSchema: Check = {
  id: 'mysql-schema',
  stretch: 'backends',
  title: "RTD's tables in MySQL",
  needs: ['mysql'],
  run: (surroundings) =>
    look(surroundings, ({ database, databaseExists, schemaVersion, knownSchemaVersion: known }, place) => {
      const asked = `database ${database} and its schema_step at ${place}`;
      if (!databaseExists) {
        return fail(
          { asked, answered: `there is no database ${database}` },
          'The database is missing. A server makes it when it starts, if its user may; one that runs cannot store a message.',
          'rtd doctor --fix',
        );
      }
      const version = schemaVersion ?? 0;
      const evidence = {
        asked,
        answered: version === 0 ? 'no tables' : `schema version ${version}, this program knows ${known}`,
      };
      if (version > known)
        return fail(
          evidence,
          'The tables are of a later version of RTD: this one will not touch them.',
          'npm install -g rtd@latest',
        );
      if (version < known)
        return warn(evidence, 'The tables are made or brought up to date when a server starts.', 'rtd serve');
      return pass(evidence, 'The tables are those of this version.');
    }),
  repair: async ({ config, mysql: ask }) => {
    if (config?.mysqlUrl === undefined) return undefined;
    const probe = await ask(config.mysqlUrl);
    if (probe.databaseExists) return undefined;
    const { createMysqlDatabase } = await import('@rtd/server/probe-mysql');
    await createMysqlDatabase(config.mysqlUrl);
    return `made the empty database ${probe.database}`;
  },
};

export const mysqlConnections: Check = {
  id: 'mysql-connections',
  stretch: 'backends',
  title: 'connections that MySQL has left',
  needs: ['mysql'],
  run: (surroundings) =>
    look(surroundings, ({ maxConnections, usedConnections }, place) => {
      const evidence = {
        asked: `max_connections, Threads_connected at ${place}`,
        answered: `${usedConnections} of ${maxConnections} are in use`,
      };
      const free = maxConnections - usedConnections;
      const fix = `mysql -e "SET GLOBAL max_connections = ${Math.max(151, maxConnections * 2)}"   # and in my.cnf`;
      if (free < A_SERVER) return fail(evidence, `A server takes ${A_SERVER}: the next one could not start.`, fix);
      if (free < LEAST_FREE)
        return warn(
          evidence,
          `A server takes ${A_SERVER}: there is room for ${Math.floor(free / A_SERVER)} more.`,
          fix,
        );
      return pass(evidence, `A server takes ${A_SERVER}, whatever the number of its clients.`);
    }),
};

export const mysqlDurability: Check = {
  id: 'mysql-durability',
  stretch: 'backends',
  title: 'whether a commit is on disk',
  needs: ['mysql'],
  run: (surroundings) =>
    look(surroundings, ({ durability }, place) => {
      const asked = `innodb_flush_log_at_trx_commit, innodb_doublewrite, log_bin, sync_binlog at ${place}`;
      const evidence = {
        asked,
        answered: Object.entries(durability)
          .map(([name, value]) => `${name}=${value}`)
          .join(' '),
      };
      const weak: string[] = [];
      if (durability.innodb_flush_log_at_trx_commit !== '1') weak.push('SET GLOBAL innodb_flush_log_at_trx_commit = 1');
      if (durability.log_bin === 'on' && durability.sync_binlog !== '1') weak.push('SET GLOBAL sync_binlog = 1');
      if (durability.innodb_doublewrite === 'off') weak.push('innodb_doublewrite=ON in my.cnf, then restart');
      if (weak.length === 0) return pass(evidence, 'What was acknowledged survives a power cut.');
      return warn(
        evidence,
        'A commit is acknowledged before it is on disk: a power cut can lose messages that senders were told are stored.',
        weak
          .map((statement) => (statement.startsWith('SET') ? `mysql -e "${statement}"   # and in my.cnf` : statement))
          .join('\n'),
      );
    }),
};

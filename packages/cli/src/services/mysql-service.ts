/** MariaDB or MySQL, whichever program is installed. Root's password is the contract's `root`: it listens on loopback only. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { askPort } from './ask-port.ts';
import { type NativeService, ServiceError, type ServicePlace } from './native-service.ts';
import { findProgram, runStep } from './run-step.ts';

const DATABASE = 'websockets_db';

/** Run at each start, before the first connection is taken. */
const INITIAL_SQL = [
  `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;`,
  "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY 'root';",
  "ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY 'root';",
  "ALTER USER 'root'@'localhost' IDENTIFIED BY 'root';",
  "GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;",
  '',
].join('\n');

export function mysqlService(searchPath: string | undefined): NativeService {
  const data = ({ folder }: ServicePlace): string => path.join(folder, 'data');
  const init = ({ folder }: ServicePlace): string => path.join(folder, 'init.sql');
  const program = (): string => {
    const found = findProgram(['mariadbd', 'mysqld'], searchPath);
    if (found !== undefined) return found;
    throw new ServiceError(
      'MySQL cannot be started: neither `mariadbd` nor `mysqld` is installed. On Debian: apt-get install mariadb-server; on macOS: brew install mariadb.',
    );
  };
  return {
    name: 'mysql',
    title: 'MariaDB',
    usualPort: 3306,
    async prepare(place, say) {
      const server = program();
      mkdirSync(place.folder, { recursive: true });
      writeFileSync(init(place), INITIAL_SQL, { mode: 0o600 });
      // The system tables are made last, so that a half-made folder is made anew.
      const marker = path.join(place.folder, 'initialised');
      if (existsSync(marker)) return;
      say('making an empty database folder');
      const user = `--user=${userInfo().username}`;
      const installer = findProgram(['mariadb-install-db'], searchPath);
      if (path.basename(server) === 'mysqld' || installer === undefined) {
        await runStep(
          'mysqld --initialize-insecure',
          { file: server, args: ['--no-defaults', '--initialize-insecure', `--datadir=${data(place)}`, user] },
          place.folder,
        );
      } else {
        mkdirSync(data(place), { recursive: true });
        await underPlainName(data(place), async (datadir) => {
          const args = ['--no-defaults', `--datadir=${datadir}`, user, '--skip-test-db'];
          await runStep(
            'mariadb-install-db',
            { file: installer, args: [...args, '--auth-root-authentication-method=normal'] },
            place.folder,
          );
        });
      }
      writeFileSync(marker, '');
    },
    command: (place) => ({
      file: program(),
      args: [
        '--no-defaults',
        `--user=${userInfo().username}`,
        `--datadir=${data(place)}`,
        '--bind-address=127.0.0.1',
        `--port=${place.port}`,
        // A socket's path may not be longer than 107 bytes, and a data folder's often is.
        `--socket=${path.join(tmpdir(), `rtd-mysql-${place.port}.sock`)}`,
        `--pid-file=${path.join(place.folder, 'mysqld.pid')}`,
        `--init-file=${init(place)}`,
        '--character-set-server=utf8mb4',
      ],
    }),
    // It speaks first: a packet of 3 bytes length, a number, then protocol version 10. An error packet has 255 there.
    answers: (port) => askPort(port, new Uint8Array(), (greeting) => greeting[4] === 10),
    environment: (port) => ({ RTD_MYSQL_URL: `mysql://root:root@127.0.0.1:${port}/${DATABASE}` }),
  };
}

/** mariadb-install-db is a shell script that fails on spaces, which data folders have (`Application Support`). */
async function underPlainName(folder: string, work: (linked: string) => Promise<void>): Promise<void> {
  const beside = mkdtempSync(path.join(tmpdir(), 'rtd-mysql-'));
  try {
    const linked = path.join(beside, 'data');
    symlinkSync(folder, linked);
    await work(linked);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Redis without persistence: what RTD keeps there may be lost. */
import { mkdirSync } from 'node:fs';
import { askPort } from './ask-port.ts';
import { type NativeService, ServiceError } from './native-service.ts';
import { findProgram } from './run-step.ts';

export function redisService(searchPath: string | undefined): NativeService {
  const program = (): string => {
    const found = findProgram(['redis-server', 'valkey-server'], searchPath);
    if (found !== undefined) return found;
    throw new ServiceError(
      'Redis cannot be started: `redis-server` is not installed. On Debian: apt-get install redis-server; on macOS: brew install redis.',
    );
  };
  return {
    name: 'redis',
    title: 'Redis',
    usualPort: 6379,
    async prepare({ folder }) {
      program();
      mkdirSync(folder, { recursive: true });
    },
    command: ({ folder, port }) => ({
      file: program(),
      // Its own title would hide the folder, by which a running service is known again.
      args: [
        '--set-proc-title',
        'no',
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--save',
        '',
        '--appendonly',
        'no',
      ],
    }),
    answers: (port) =>
      askPort(port, Buffer.from('PING\r\n'), (answer) => answer.toString('latin1').startsWith('+PONG')),
    environment: (port) => ({ RTD_REDIS_URL: `redis://127.0.0.1:${port}` }),
  };
}

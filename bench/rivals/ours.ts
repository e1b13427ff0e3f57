import path from 'node:path';
import type { Rival } from './rival.ts';
import { freePorts, ServerProcess } from './server-process.ts';

export const BIN = path.join(import.meta.dirname, '../../packages/cli/bin/rtd.js');

export const ours: Rival = {
  name: 'RTD',
  setUp: '`rtd serve`: every message is stored (SQLite) before anybody gets it',
  get: 'npm run build',
  async start(folder) {
    const [port = 0] = await freePorts(1);
    const server = await ServerProcess.start({
      command: process.execPath,
      args: [BIN, 'serve', '--port', String(port), '--data-dir', folder],
      cwd: folder,
      ready: /listening|ready|http:\/\/127\.0\.0\.1/i,
    });
    const url = `http://127.0.0.1:${port}`;
    return {
      version: 'RTD of this checkout',
      pid: server.pid,
      stomp: ['--url', url],
      sse: ['--url', url],
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

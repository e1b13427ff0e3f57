import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MissingRival, type Rival } from './rival.ts';
import { freePorts, programNamed, ServerProcess } from './server-process.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so';

function configuration(port: number): string {
  return `load_module ${MODULE};
worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr notice;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    location = /events { nchan_subscriber eventsource; nchan_channel_id load; nchan_subscriber_first_message newest; }
    location = /publish { nchan_publisher; nchan_channel_id load; }
  }
}
`;
}

export const nchan: Rival = {
  name: 'Nchan',
  setUp: "nginx's module, one worker, messages in shared memory",
  get: 'apt-get install libnginx-mod-nchan',
  async start(folder) {
    const command = programNamed('nginx');
    if (command === undefined || !existsSync(MODULE)) throw new MissingRival('nginx with ngx_nchan_module');
    const [port = 0] = await freePorts(1);
    writeFileSync(path.join(folder, 'nginx.conf'), configuration(port));
    const server = await ServerProcess.start({
      command,
      args: ['-p', `${folder}/`, '-c', 'nginx.conf'],
      cwd: folder,
      ready: /start worker process /,
    });
    await sleep(200);
    const { stdout } = spawnSync('dpkg-query', ['-W', 'libnginx-mod-nchan'], { encoding: 'utf8' });
    const nginx = /nginx\/([\d.]+)/.exec(spawnSync(command, ['-v'], { encoding: 'utf8' }).stderr)?.[1] ?? '';
    return {
      version: `Nchan ${/(?:\d+:)?([\d.]+)/.exec(stdout ?? '')?.[1] ?? ''} in nginx ${nginx}`,
      pid: server.pid,
      sse: [
        '--url',
        `http://127.0.0.1:${port}`,
        '--path',
        '/events',
        '--publish-path',
        '/publish',
        '--publish-body',
        '{payload}',
      ],
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

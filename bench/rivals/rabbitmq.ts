import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { MissingRival, type Rival } from './rival.ts';
import { freePorts, programNamed, ServerProcess } from './server-process.ts';

export const rabbitmq: Rival = {
  name: 'RabbitMQ',
  setUp: 'rabbitmq_web_stomp, /topic/… (messages are not stored)',
  get: 'apt-get install rabbitmq-server',
  async start(folder) {
    // Debian's own script in the path wants to be run by the service's user.
    const command = programNamed('rabbitmq-server', '/usr/lib/rabbitmq/bin');
    if (command === undefined) throw new MissingRival('rabbitmq-server');
    const [webSocket = 0, amqp = 0, stomp = 0, distribution = 0, names = 0] = await freePorts(5);
    const file = (name: string, text: string): string => {
      const written = path.join(folder, name);
      writeFileSync(written, text);
      return written;
    };
    const server = await ServerProcess.start({
      command,
      args: [],
      cwd: folder,
      env: {
        HOME: folder,
        RABBITMQ_CONFIG_FILE: file(
          'rabbitmq.conf',
          `listeners.tcp.1 = 127.0.0.1:${amqp}\nstomp.listeners.tcp.1 = 127.0.0.1:${stomp}\nweb_stomp.tcp.listener = 127.0.0.1:${webSocket}\n`,
        ),
        RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_web_stomp].\n'),
        RABBITMQ_MNESIA_BASE: path.join(folder, 'mnesia'),
        RABBITMQ_LOG_BASE: path.join(folder, 'log'),
        RABBITMQ_NODENAME: `rival-${process.pid}@localhost`,
        RABBITMQ_DIST_PORT: String(distribution),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
        ERL_EPMD_ADDRESS: '127.0.0.1',
        ERL_EPMD_PORT: String(names),
      },
      ready: /completed with \d+ plugins/,
    });
    return {
      version: `RabbitMQ ${/RabbitMQ (\d[\d.]*)/.exec(server.written)?.[1] ?? ''}`,
      pid: server.pid,
      stomp: [
        '--url',
        `ws://127.0.0.1:${webSocket}/ws`,
        '--vhost',
        '/',
        '--subscribe',
        '/topic/load',
        '--to',
        '/topic/load',
      ],
      env: { RTD_LOGIN: 'guest', RTD_PASSCODE: 'guest' },
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        // Erlang's name server outlives it; this one is its own, by its port.
        spawnSync('epmd', ['-port', String(names), '-kill'], { stdio: 'ignore' });
      },
    };
  },
};

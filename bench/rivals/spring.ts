import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { MissingRival, type Rival } from './rival.ts';
import { freePorts, programNamed, ServerProcess } from './server-process.ts';

const PROJECT = path.join(import.meta.dirname, 'spring');

export const spring: Rival = {
  name: 'Spring',
  setUp: 'Spring Boot with Tomcat and the simple broker of its guide (no receipts, messages are not stored)',
  get: 'apt-get install openjdk-17-jdk-headless maven',
  async start() {
    const java = programNamed('java');
    const maven = programNamed('mvn');
    if (java === undefined) throw new MissingRival('java');
    if (maven === undefined) throw new MissingRival('mvn');
    const built = spawnSync(maven, ['-q', '-B', '-f', path.join(PROJECT, 'pom.xml'), 'package'], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`mvn package failed:\n${built.stdout}${built.stderr}`);
    const [port = 0] = await freePorts(1);
    const target = path.join(PROJECT, 'target');
    const server = await ServerProcess.start({
      command: java,
      args: [
        '-cp',
        `${path.join(target, 'classes')}${path.delimiter}${path.join(target, 'libs', '*')}`,
        'rival.Broker',
        '--server.address=127.0.0.1',
        `--server.port=${port}`,
      ],
      cwd: PROJECT,
      ready: /Started Broker/,
    });
    return {
      version: `Spring Boot ${/Spring Boot ::\s+\(v([\d.]+)\)/.exec(server.written)?.[1] ?? ''}`,
      pid: server.pid,
      stomp: [
        '--url',
        `ws://127.0.0.1:${port}/ws`,
        '--subscribe',
        '/topic/load',
        '--to',
        '/topic/load',
        '--no-receipts',
      ],
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

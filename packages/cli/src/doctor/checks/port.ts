import { createServer } from 'node:net';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { ownerOfPort } from '../port-owner.ts';

export const port: Check = {
  id: 'port',
  stretch: 'machine',
  title: "the server's port",
  local: true,
  run: async (surroundings) => {
    const { config, target, platform } = surroundings;
    if (config === undefined) return skip('Which one it is depends on settings that do not fit.');
    if (config.port === 0) return skip('The server is to take any free one (RTD_PORT=0).');
    const asked = `listen on ${config.host}, port ${config.port}`;
    const problem = await tryToListen(config.host, config.port);
    if (problem === undefined) {
      const looked = target.port === config.port ? ' So no server runs there.' : '';
      return pass({ asked, answered: `port ${config.port} is free` }, `A server could start.${looked}`);
    }
    if (problem === 'EACCES') {
      return fail({ asked, answered: problem }, 'This user may not take a port below 1024.', 'rtd serve --port 8080');
    }
    if (problem !== 'EADDRINUSE') {
      return fail(
        { asked, answered: problem },
        `${config.host} is no address of this machine.`,
        'rtd serve --host 127.0.0.1',
      );
    }
    const owner = await ownerOfPort(config.port, platform);
    const who = owner === undefined ? 'a program of another user' : `pid ${owner.pid}: ${owner.command}`;
    const evidence = { asked, answered: `port ${config.port} is taken by ${who}` };
    const other = `rtd serve --port ${config.port + 1}${owner === undefined ? '' : `\nkill ${owner.pid}   # ends ${owner.command.slice(0, 60)}`}`;
    if (target.port !== config.port) return fail(evidence, 'A server could not start there.', other);
    if (await surroundings.isOurs()) return pass(evidence, 'It is the server that is looked at.');
    return warn(evidence, 'It is what is looked at here, and it is no RTD server; one could not start there.', other);
  },
};

function tryToListen(host: string, wanted: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: wanted }, () => server.close(() => resolve(undefined)));
  });
}

/** Taking a port, with one clear line where that cannot be. */
import type { Server } from 'node:http';
import { RtdError } from '@rtd/protocol';

/** Listens on `port` or, with more than one attempt, on the first free one behind it. Resolves with the port. */
export async function listenOn(
  server: Server,
  { host, port, attempts }: { host: string; port: number; attempts: number },
): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await listenOnce(server, host, port + attempt);
    } catch (error) {
      const isLast = attempt + 1 >= attempts || port === 0 || port + attempt >= 65_535;
      if (codeOf(error) !== 'EADDRINUSE' || isLast) throw listenRefusal(error, host, port);
    }
  }
}

function listenOnce(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function listenRefusal(error: unknown, host: string, port: number): RtdError {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new RtdError(
        'CONFLICT',
        `Port ${port} of ${host} is taken by another program: stop it, or choose another port with --port (RTD_PORT).`,
        { cause: error },
      );
    case 'EACCES':
      return new RtdError(
        'FORBIDDEN',
        `Port ${port} needs rights that this user has not: choose one over 1023 with --port (RTD_PORT).`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new RtdError(
        'VALIDATION',
        `${host} is no address of this machine: choose one with --host (RTD_HOST), such as 127.0.0.1 or 0.0.0.0.`,
        { cause: error },
      );
    default:
      return new RtdError('UNAVAILABLE', `Cannot listen on ${host}, port ${port}; see --host and --port.`, {
        cause: error,
      });
  }
}

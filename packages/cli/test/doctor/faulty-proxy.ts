/** A TCP proxy in front of a server that harms what passes, as proxies on the way of real users do. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Harm {
  /** Each piece that a client sends, and what goes on of it. */
  readonly there?: ((bytes: Buffer) => Buffer) | undefined;
  /** Each piece that the server sends; `undefined` holds it back for ever. */
  readonly back?: ((bytes: Buffer, all: Buffer) => Buffer | undefined) | undefined;
  /** Cuts a WebSocket on which nothing has gone either way for so long. */
  readonly idleMillis?: number | undefined;
  /** Never passes anything on, and never answers. */
  readonly blackHole?: boolean | undefined;
}

export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
}

/** Removes a header line, whatever its case. */
export function withoutHeader(bytes: Buffer, name: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(new RegExp(`^${name}:.*\r\n`, 'im'), ''), 'latin1');
}

/** Stands before the port of `serverUrl`. */
export async function faultyProxy(serverUrl: string, harm: Harm): Promise<FaultyProxy> {
  const port = Number(new URL(serverUrl).port);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => open.delete(client));
    if (harm.blackHole === true) {
      client.resume();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port });
    open.add(upstream);
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => {
      open.delete(upstream);
      client.end();
    });
    client.on('close', () => upstream.destroy());
    client.on('data', (bytes) => upstream.write(harm.there === undefined ? bytes : harm.there(bytes)));
    let all = Buffer.alloc(0);
    upstream.on('data', (bytes) => {
      all = Buffer.concat([all, bytes]);
      if (harm.idleMillis !== undefined && all.toString('latin1', 0, 12) === 'HTTP/1.1 101') {
        client.setTimeout(harm.idleMillis, () => client.destroy());
      }
      const passed = harm.back === undefined ? bytes : harm.back(bytes, all);
      if (passed !== undefined) client.write(passed);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A TCP proxy on loopback that does to its connections what networks do: cuts, delays, silences, refuses. */
import net, { type AddressInfo } from 'node:net';

export interface FaultProxy {
  readonly url: string;
  /** New connections are cut at once. */
  refuses: boolean;
  /** A WebSocket upgrade is answered with 403. */
  refusesUpgrade: boolean;
  /** The answer to `GET /stream` is held back. */
  holdsStreams: boolean;
  /** Bytes are swallowed: from the server (`answers`), or both ways (`all`). */
  swallows: 'nothing' | 'answers' | 'all';
  delayMillis: number;
  readonly connections: number;
  cut(): void;
  close(): Promise<void>;
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };

  const server = net.createServer((client) => {
    keep(client);
    if (proxy.refuses) {
      client.destroy();
      return;
    }
    const upstream = net.connect(Number(port), hostname);
    keep(upstream);
    let held = false;
    const later = (act: () => void): void => {
      if (proxy.delayMillis === 0) act();
      else setTimeout(act, proxy.delayMillis);
    };
    client.on('data', (bytes) => {
      const head = bytes.toString('latin1').toLowerCase();
      if (proxy.refusesUpgrade && head.includes('\r\nupgrade: websocket')) {
        client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
        upstream.destroy();
        return;
      }
      if (proxy.holdsStreams && head.startsWith('get /stream')) held = true;
      if (proxy.swallows !== 'all') later(() => upstream.write(bytes));
    });
    upstream.on('data', (bytes) => {
      if (proxy.swallows === 'nothing' && !held) later(() => client.write(bytes));
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => later(() => client.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;

  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${address.port}`,
    refuses: false,
    refusesUpgrade: false,
    holdsStreams: false,
    swallows: 'nothing',
    delayMillis: 0,
    get connections() {
      return sockets.size / 2;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

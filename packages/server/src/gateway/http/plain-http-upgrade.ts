/**
 * Serves a request that offers an upgrade which is not ours as what it also is: plain HTTP (RFC 9110, 7.8: a server may
 * ignore `Upgrade`). Java's HTTP client offers `h2c` with everything it sends.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

const UPGRADE_HEADERS: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

/** Gives the socket back to the server with the same request on it, less its offer. */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  let text = `${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`;
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    const value = request.rawHeaders[at + 1] ?? '';
    if (UPGRADE_HEADERS.has(name.toLowerCase())) continue;
    text += `${name}: ${name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutUpgrade(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  const kept = options.filter((option) => !UPGRADE_HEADERS.has(option.toLowerCase()));
  return kept.length === 0 ? 'keep-alive' : kept.join(', ');
}

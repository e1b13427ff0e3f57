/**
 * Socket.IO, which speaks a protocol of its own: `rtd bench` cannot load it, the sink of the benchmarks can. It is no
 * dependency of this project, and is looked for in a folder of its own.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { UPGRADE } from '../harness/stomp-steps.ts';

const FOLDER = path.join(import.meta.dirname, '../../node_modules/.cache/rivals');

export const GET_SOCKET_IO = `npm install --prefix ${path.relative(process.cwd(), FOLDER)} socket.io@4`;

/** What is used of it. */
export interface SocketIo {
  emit(event: string, body: string): void;
  close(): Promise<void>;
  readonly sockets: { readonly sockets: ReadonlyMap<string, SocketIoClient> };
}

interface SocketIoClient {
  readonly conn: {
    readonly writeBuffer: readonly unknown[];
    /** Its socket is one of ws. */
    readonly transport: { readonly socket?: { readonly bufferedAmount: number } };
  };
}

/** Octets, or packets, that wait for a client; 0 where none do. */
export function queuedBy({ conn }: SocketIoClient): number {
  return conn.writeBuffer.length + (conn.transport.socket?.bufferedAmount ?? 0);
}

/** Undefined where it is not installed. */
export function socketIoVersion(): string | undefined {
  const manifest = path.join(FOLDER, 'node_modules/socket.io/package.json');
  if (!existsSync(manifest)) return undefined;
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return `Socket.IO ${version}`;
}

/** On that HTTP server, over WebSocket alone; the sink answers no pings, so there are none. */
export function socketIoOn(server: HttpServer): SocketIo {
  const load = createRequire(path.join(FOLDER, 'package.json'));
  const { Server }: { Server: new (on: HttpServer, options: object) => SocketIo } = load('socket.io');
  return new Server(server, { transports: ['websocket'], serveClient: false, pingInterval: 86_400_000 });
}

/** What a client sends to be connected, and what each step waits for (Engine.IO 4, Socket.IO 5). */
export const TO_SOCKET_IO = [
  { send: UPGRADE.replace('/ws', '/socket.io/?EIO=4&transport=websocket'), until: '"maxPayload"' },
  { send: Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30), until: '40{"sid"' },
];

/**
 * A TCP or TLS socket for very many: on TCP all of them read into one buffer, so that a connection that is idle holds no
 * memory for reading, and what is read is looked at before the next read begins.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Target } from '../wire/target.ts';
import { wireErrorOf } from '../wire/wire-error.ts';
import { hostFrom } from './source-addresses.ts';

const READ_BUFFER = Buffer.allocUnsafe(65_536);

export interface SocketListener {
  onOpen(): void;
  /** `bytes` are only valid until it returns. */
  onBytes(bytes: Buffer): void;
  /** Called once; `why` is a few words. */
  onClosed(why: string): void;
}

/** Connects; everything else is told to the listener. */
export function openLoadSocket(target: Target, localAddress: string | undefined, listener: SocketListener): Socket {
  const { port } = target;
  const host = hostFrom(target, localAddress);
  const from = localAddress === undefined ? {} : { localAddress };
  const socket = target.secure
    ? connectTls({
        host,
        port,
        ...from,
        ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
        ALPNProtocols: ['http/1.1'],
      })
    : connectTcp({
        host,
        port,
        ...from,
        noDelay: true,
        onread: {
          buffer: READ_BUFFER,
          callback: (length: number, buffer: Uint8Array) => {
            listener.onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, length));
            return true;
          },
        },
      });
  if (target.secure) socket.on('data', (chunk: Buffer) => listener.onBytes(chunk));
  let why = 'closed by the server';
  socket.once(target.secure ? 'secureConnect' : 'connect', () => listener.onOpen());
  socket.once('error', (error) => {
    const failure = wireErrorOf(error);
    why = failure.code ?? failure.message;
  });
  socket.once('close', () => listener.onClosed(why));
  return socket;
}

/**
 * A TCP or TLS socket that is written to and read from step by step, each step with a limit in time. Nothing is understood
 * here: what is read is what came, byte by byte.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Target } from './target.ts';
import { seconds, WireError, wireErrorOf } from './wire-error.ts';

/** What came and is not read yet; past it the socket is no longer read. */
const MAX_UNREAD = 4_194_304;

export interface RawSocketOptions {
  /** For the connection, TLS included. */
  readonly timeoutMillis: number;
  /** Told of all bytes in the order in which they go and come. */
  readonly tap?: ((direction: 'sent' | 'received', bytes: Buffer) => void) | undefined;
}

export class RawSocket implements Disposable {
  readonly #socket: Socket;
  readonly #tap: RawSocketOptions['tap'];
  readonly #unread: Buffer[] = [];
  #unreadBytes = 0;
  #ended = false;
  #failure: WireError | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, tap: RawSocketOptions['tap']) {
    this.#socket = socket;
    this.#tap = tap;
    socket.on('data', (chunk: Buffer) => {
      this.#tap?.('received', chunk);
      this.#unread.push(chunk);
      this.#unreadBytes += chunk.length;
      if (this.#unreadBytes > MAX_UNREAD) socket.pause();
      this.#wake?.();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('error', (error) => {
      this.#failure ??= wireErrorOf(error);
      ended();
    });
  }

  /** Resolves when it is connected and, where the target is secure, its certificate has been checked. @throws WireError */
  static connect(target: Target, { timeoutMillis, tap }: RawSocketOptions): Promise<RawSocket> {
    const { host, port, secure } = target;
    return new Promise((resolve, reject) => {
      const where = { host, port, noDelay: true };
      const socket = secure
        ? connectTls({ ...where, ...(isIP(host) === 0 ? { servername: host } : {}), ALPNProtocols: ['http/1.1'] })
        : connectTcp(where);
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new WireError('silent', `no connection within ${seconds(timeoutMillis)}`));
      }, timeoutMillis);
      const failed = (error: unknown): void => {
        clearTimeout(timer);
        reject(wireErrorOf(error));
      };
      socket.once('error', failed);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        socket.off('error', failed);
        resolve(new RawSocket(socket, tap));
      });
    });
  }

  get socket(): Socket {
    return this.#socket;
  }

  write(bytes: Uint8Array | string): void {
    const buffer = Buffer.from(bytes);
    this.#tap?.('sent', buffer);
    if (!this.#socket.destroyed) this.#socket.write(buffer);
  }

  /** All that has come and was not read; waits for the first of it. Undefined at the end. @throws WireError `silent`, `reset` */
  async read(timeoutMillis: number): Promise<Buffer | undefined> {
    if (this.#unread.length === 0 && !this.#ended) await this.#arrival(timeoutMillis);
    if (this.#unread.length > 0) {
      const bytes = Buffer.concat(this.#unread.splice(0));
      this.#unreadBytes = 0;
      this.#socket.resume();
      return bytes;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return undefined;
  }

  /** Gives back what was read too much. */
  unread(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#unread.unshift(bytes);
    this.#unreadBytes += bytes.length;
  }

  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arrival(timeoutMillis: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = undefined;
        reject(new WireError('silent', `nothing came within ${seconds(timeoutMillis)}`));
      }, timeoutMillis);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

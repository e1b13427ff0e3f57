/** A WebSocket on a raw socket, step by step: the upgrade as it is asked for and answered, then frames as they come. */
import { createHash, randomBytes } from 'node:crypto';
import { type HeaderList, headerOf, type ResponseHead, readHead, requestHead } from './http-head.ts';
import type { RawSocket } from './raw-socket.ts';
import type { Target } from './target.ts';
import { CLOSE, clientFrame, PING, PONG, TEXT, takeFrame, type WebSocketFrame } from './web-socket-frame.ts';
import { seconds, WireError } from './wire-error.ts';

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export const STOMP_PROTOCOLS = 'v12.stomp, v11.stomp, v10.stomp';

export interface UpgradeRequest {
  readonly text: string;
  readonly headers: HeaderList;
  /** What Sec-WebSocket-Accept must be. */
  readonly accept: string;
}

export interface UpgradeOptions {
  readonly protocols?: string | undefined;
  readonly origin?: string | undefined;
  readonly authorization?: string | undefined;
  /** Besides those of the handshake. */
  readonly headers?: HeaderList | undefined;
}

/** The request of section 4.1, with a new key. */
export function upgradeRequest(target: Target, options: UpgradeOptions = {}): UpgradeRequest {
  const key = randomBytes(16).toString('base64');
  const { protocols, origin, authorization, headers: more = [] } = options;
  const headers: [string, string][] = [
    ['Host', target.authority],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', '13'],
  ];
  if (protocols !== undefined) headers.push(['Sec-WebSocket-Protocol', protocols]);
  if (origin !== undefined) headers.push(['Origin', origin]);
  if (authorization !== undefined) headers.push(['Authorization', authorization]);
  for (const [name, value] of more) headers.push([name, value]);
  return { text: requestHead('GET', target.webSocketPath, headers), headers, accept: acceptOf(key) };
}

/** Section 4.2.2, number 5, point 4. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}

/** What an answer lacks of being a handshake (section 4.1, end), in words; empty where it is one. */
export function faultsOf(request: UpgradeRequest, answer: ResponseHead): readonly string[] {
  if (answer.status !== 101) return [`the status is ${answer.status} and not 101`];
  const faults: string[] = [];
  const upgrade = headerOf(answer.headers, 'upgrade');
  if (upgrade?.toLowerCase() !== 'websocket') faults.push(`Upgrade is ${shown(upgrade)} and not websocket`);
  const connection = headerOf(answer.headers, 'connection');
  const tokens = (connection ?? '')
    .toLowerCase()
    .split(',')
    .map((token) => token.trim());
  if (!tokens.includes('upgrade')) faults.push(`Connection is ${shown(connection)} and does not say Upgrade`);
  const accept = headerOf(answer.headers, 'sec-websocket-accept');
  if (accept !== request.accept) faults.push(`Sec-WebSocket-Accept is ${shown(accept)} and not ${request.accept}`);
  return faults;
}

function shown(value: string | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value.slice(0, 60));
}

/** Asks for a WebSocket and reads the head of the answer, whatever it is. @throws WireError */
export async function askForUpgrade(
  socket: RawSocket,
  request: UpgradeRequest,
  timeoutMillis: number,
): Promise<ResponseHead> {
  socket.write(request.text);
  return await readHead(socket, timeoutMillis);
}

/** Frames on a socket that has been upgraded. */
export class RawWebSocket {
  readonly #socket: RawSocket;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(socket: RawSocket) {
    this.#socket = socket;
  }

  sendText(payload: Uint8Array | string): Buffer {
    return this.#send(TEXT, Buffer.from(payload));
  }

  sendPing(payload: string): Buffer {
    return this.#send(PING, Buffer.from(payload));
  }

  sendClose(code: number): Buffer {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    return this.#send(CLOSE, payload);
  }

  /** The next frame; pings are answered on the way. Undefined at the end of the connection. @throws WireError `silent` */
  async nextFrame(timeoutMillis: number): Promise<WebSocketFrame | undefined> {
    const deadline = performance.now() + timeoutMillis;
    for (;;) {
      const frame = takeFrame(this.#bytes);
      if (frame !== undefined) {
        this.#bytes = this.#bytes.subarray(frame.bytes.length);
        if (frame.opcode === PING) this.#send(PONG, frame.payload);
        return frame;
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new WireError('silent', `no frame within ${seconds(timeoutMillis)}`);
      const chunk = await this.#socket.read(left);
      if (chunk === undefined) return undefined;
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    }
  }

  close(): void {
    this.#socket.close();
  }

  #send(opcode: number, payload: Buffer): Buffer {
    const bytes = clientFrame(opcode, payload, randomBytes(4));
    this.#socket.write(bytes);
    return bytes;
  }
}

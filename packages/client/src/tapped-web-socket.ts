/**
 * Node's WebSocket with an ear at its socket: what is told are the bytes that really went and came, the handshake and each
 * frame with its head, and not what they must have been. Node says through `diagnostics_channel` which TCP (or TLS)
 * connection a WebSocket is on.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import type { Clock } from './clock.ts';
import { FrameRecorder, type RecordedFrame } from './frame-recorder.ts';

interface OnTheWire {
  readonly direction: 'in' | 'out';
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A WebSocket's frame as it went by, tokens and all: whoever shows it masks them. */
export type WireFrame = OnTheWire & RecordedFrame;

/** What comes before the frames (RFC 6455, section 4): the head of the request, and that of the answer. */
export interface WireHandshake extends OnTheWire {
  readonly text: string;
}

export interface WireTapListener {
  onHandshake(handshake: WireHandshake): void;
  onFrame(frame: WireFrame): void;
}

// What undici, Node's own HTTP client, publishes (its docs/api/DiagnosticsChannel.md).
const REQUEST_SENT = 'undici:client:sendHeaders';
const OPENED = 'undici:websocket:open';

/** Before it is known whose they are: ours are one. */
const MOST_EARLY_FRAMES = 8;

/** To be given as `WebSocket` of a chat session. A socket that Node does not tell of works all the same, untold of. */
export function tappedWebSocket(listener: WireTapListener, clock: Pick<Clock, 'now'>): typeof globalThis.WebSocket {
  return class extends globalThis.WebSocket {
    constructor(url: string | URL, protocols?: ConstructorParameters<typeof globalThis.WebSocket>[1]) {
      const search = new SocketSearch(listener, clock);
      super(url, protocols);
      search.begin(this);
    }
  };
}

/**
 * Finds the socket. The request does not say for which WebSocket it is, and the first frame is sent before anybody knows;
 * so every upgrade that begins meanwhile is listened to until it is known whose it is.
 */
class SocketSearch {
  readonly #listener: WireTapListener;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #found = new Map<Socket, Upgrade>();
  #webSocket: WebSocket | undefined;

  constructor(listener: WireTapListener, clock: Pick<Clock, 'now'>) {
    this.#listener = listener;
    this.#clock = clock;
    // Before the WebSocket is made: its request may go out at once.
    subscribe(REQUEST_SENT, this.#onRequest);
  }

  begin(webSocket: WebSocket): void {
    this.#webSocket = webSocket;
    subscribe(OPENED, this.#onOpened);
    webSocket.addEventListener('close', () => this.#end(undefined));
  }

  #onRequest = (message: unknown): void => {
    const sent = upgradeIn(message);
    if (sent === undefined || this.#found.has(sent.socket)) return;
    this.#found.set(sent.socket, new Upgrade(sent.socket, sent.head, this.#clock));
  };

  #onOpened = (message: unknown): void => {
    if (typeof message !== 'object' || message === null) return;
    if (!('websocket' in message) || message.websocket !== this.#webSocket) return;
    const port = 'address' in message ? portIn(message.address) : undefined;
    const [socket, upgrade] = [...this.#found].find(([{ localPort }]) => localPort === port) ?? [];
    this.#end(socket);
    upgrade?.tellAll(this.#listener, 'handshakeResponse' in message ? message.handshakeResponse : undefined);
  };

  /** All sockets but this one are left alone again. */
  #end(mine: Socket | undefined): void {
    unsubscribe(REQUEST_SENT, this.#onRequest);
    unsubscribe(OPENED, this.#onOpened);
    for (const [socket, upgrade] of this.#found) if (socket !== mine) upgrade.forget();
    this.#found.clear();
  }
}

/** A socket on which an upgrade was asked for. */
class Upgrade {
  readonly #socket: Socket;
  readonly #request: WireHandshake;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #write: Socket['write'];
  readonly #tapped: Socket['write'];
  readonly #early: WireFrame[] = [];
  #listener: WireTapListener | undefined;
  #forgotten = false;

  constructor(socket: Socket, head: string, clock: Pick<Clock, 'now'>) {
    this.#socket = socket;
    this.#clock = clock;
    this.#request = { direction: 'out', at: clock.now(), text: head };
    const recorder = this.#recorder('out');
    this.#write = socket.write;
    this.#tapped = new Proxy(this.#write, {
      apply: (write, self, args: unknown[]) => {
        const [chunk] = args;
        // The request is the only thing that is written as text.
        if (chunk instanceof Uint8Array && !this.#forgotten) recorder.push(chunk);
        return Reflect.apply(write, self, args);
      },
    });
    socket.write = this.#tapped;
  }

  /** From now on, and what was before. */
  tellAll(listener: WireTapListener, response: unknown): void {
    this.#listener = listener;
    listener.onHandshake(this.#request);
    listener.onHandshake({ direction: 'in', at: this.#clock.now(), text: responseHead(response) });
    for (const frame of this.#early.splice(0)) listener.onFrame(frame);
    const recorder = this.#recorder('in');
    this.#socket.on('data', (bytes: Buffer) => recorder.push(bytes));
  }

  forget(): void {
    this.#forgotten = true;
    // Another tap may stand on top of this one.
    if (this.#socket.write === this.#tapped) this.#socket.write = this.#write;
  }

  #recorder(direction: 'in' | 'out'): FrameRecorder {
    return new FrameRecorder((recorded) => {
      const frame = { direction, at: this.#clock.now(), ...recorded };
      if (this.#listener !== undefined) this.#listener.onFrame(frame);
      else if (this.#early.length < MOST_EARLY_FRAMES) this.#early.push(frame);
    });
  }
}

function upgradeIn(message: unknown): { socket: Socket; head: string } | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  if (!('socket' in message) || !(message.socket instanceof Socket)) return undefined;
  const head = 'headers' in message && typeof message.headers === 'string' ? message.headers : '';
  return /^upgrade: websocket\r$/im.test(head) ? { socket: message.socket, head } : undefined;
}

function portIn(address: unknown): number | undefined {
  return typeof address === 'object' && address !== null && 'port' in address && typeof address.port === 'number'
    ? address.port
    : undefined;
}

/** Its lines as Node tells them: it reads them before anybody else could. */
function responseHead(response: unknown): string {
  if (typeof response !== 'object' || response === null || !('status' in response)) return '';
  const reason = 'statusText' in response ? String(response.statusText) : '';
  const headers = 'headers' in response && typeof response.headers === 'object' ? (response.headers ?? {}) : {};
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return `HTTP/1.1 ${String(response.status)} ${reason}\r\n${lines.join('')}`;
}

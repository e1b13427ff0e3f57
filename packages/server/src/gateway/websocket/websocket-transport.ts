/**
 * STOMP over a WebSocket: `ws` reads, we write.
 *
 * Each of our frames and each of ws's own (only its close frame: we answer pings ourselves) goes to the socket as a whole,
 * so none is ever inside another; what we had queued goes out before a close frame, and nothing goes out after one.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { SocketOutlet, type SocketWriter } from '../../fan-out/socket-outlet.ts';
import type { StompTransport, StompTransportEvents } from '../stomp/stomp-transport.ts';
import { BINARY, PONG, TEXT, websocketFrame } from './websocket-frame.ts';

/** Beyond this much that a client has not read, its pings are not answered. */
const PONG_BUDGET_BYTES = 65_536;
/** A close frame holds 125 octets, two of them the code. */
const REASON_BYTES = 123;
const MESSAGE_TOO_BIG = 1_009;
/** What the frames of the WebSocket protocol itself may add to the octets of a client before it is answered. */
const FRAMING_BYTES = 1_024;

/** The WebSocket of a transport: lets it flush before any close frame, whoever asked for it. */
export class TransportWebSocket extends WebSocket {
  transport: WebSocketTransport | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.transport?.closing(code);
    super.close(code, reason);
  }
}

export class WebSocketTransport extends SocketOutlet implements StompTransport {
  readonly #webSocket: TransportWebSocket;
  readonly #socket: Socket;
  #binary = false;
  /** The kind of our frames is settled by the first of them: subscribers share bytes by it. */
  #answered = false;
  #events: StompTransportEvents | undefined;

  /** What the client may still send before it is answered; ws alone would collect a message of any allowed size. */
  #unansweredBytes: number;
  readonly #forwardedFor: string | undefined;

  /** `forwardedFor`: the client's address, where the socket's peer is a proxy. */
  constructor(
    webSocket: TransportWebSocket,
    socket: Socket,
    writer: SocketWriter,
    maxUnansweredBytes: number,
    forwardedFor?: string,
  ) {
    super(socket, writer);
    this.#forwardedFor = forwardedFor;
    this.#unansweredBytes = maxUnansweredBytes + FRAMING_BYTES;
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  /** Starts giving `events` what the client sends. */
  attach(events: StompTransportEvents): void {
    this.#events = events;
    const webSocket = this.#webSocket;
    webSocket.transport = this;
    // Shared functions, not closures: there may be very many of them.
    webSocket.on('message', webSocketOnMessage);
    webSocket.on('ping', webSocketOnPing);
    webSocket.on('pong', webSocketOnPong);
    webSocket.on('close', webSocketOnClose);
    webSocket.on('error', webSocketOnError);
    if (this.#answered) return;
    unanswered.set(this.#socket, this);
    this.#socket.on('data', unansweredSocketOnData);
  }

  get kind(): string {
    return 'websocket';
  }

  get framing(): string {
    return this.#binary ? 'ws-binary' : 'ws-text';
  }

  get peerAddress(): string {
    return this.#forwardedFor ?? this.#socket.remoteAddress ?? '';
  }

  frame(stomp: Uint8Array): Uint8Array {
    if (!this.#answered) {
      this.#answered = true;
      unanswered.delete(this.#socket);
      this.#socket.removeListener('data', unansweredSocketOnData);
    }
    return websocketFrame(this.#binary ? BINARY : TEXT, stomp);
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.shut();
    this.#webSocket.close(code, truncated(reason));
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  /** A close frame is about to be written: by us, in answer to the client's, or because ws refuses what the client sent. */
  closing(code: number | undefined): void {
    if (code === MESSAGE_TOO_BIG && this.isOpen) this.#events?.tooLarge?.();
    this.shut();
  }

  /** Octets came from the client, which has not been answered yet. */
  arrived(bytes: number): void {
    this.#unansweredBytes -= bytes;
    if (this.#unansweredBytes >= 0 || !this.isOpen) return;
    this.#events?.tooLarge?.();
    this.close(MESSAGE_TOO_BIG, 'Too much before CONNECTED.');
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    if (isBinary && !this.#answered) this.#binary = true;
    if (this.isOpen) this.#events?.received(bytes);
  }

  pinged(payload: Buffer): void {
    // Pongs to somebody who never reads would pile up.
    if (this.queuedBytes <= PONG_BUDGET_BYTES) this.write(websocketFrame(PONG, payload));
    this.alive();
  }

  /** Any octet of the peer is a sign of life. */
  alive(): void {
    if (this.isOpen) this.#events?.received(NO_BYTES);
  }

  closed(): void {
    this.ended();
    const events = this.#events;
    this.#events = undefined;
    events?.closed();
  }
}

/** The transports of sockets that nothing was answered on yet. */
const unanswered = new WeakMap<Socket, WebSocketTransport>();

function unansweredSocketOnData(this: Socket, chunk: Buffer): void {
  unanswered.get(this)?.arrived(chunk.length);
}

const NO_BYTES = new Uint8Array(0);

function webSocketOnMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  // Never a list or an ArrayBuffer: binaryType is left at `nodebuffer`.
  if (this instanceof TransportWebSocket && data instanceof Uint8Array) this.transport?.received(data, isBinary);
}

function webSocketOnPing(this: WebSocket, payload: Buffer): void {
  if (this instanceof TransportWebSocket) this.transport?.pinged(payload);
}

function webSocketOnPong(this: WebSocket): void {
  if (this instanceof TransportWebSocket) this.transport?.alive();
}

function webSocketOnClose(this: WebSocket): void {
  if (this instanceof TransportWebSocket) this.transport?.closed();
}

/** Breaches of the WebSocket protocol: ws has closed with the fitting code already, `close` follows. */
function webSocketOnError(): void {}

/** The reason as far as it fits into a close frame, cut between characters. */
function truncated(reason: string): string {
  let short = reason;
  while (Buffer.byteLength(short) > REASON_BYTES) short = short.slice(0, -1);
  return short.toWellFormed();
}

/**
 * One STOMP connection over one WebSocket, from the upgrade to its end. It promises to say once, and truly, how it ended,
 * and to leave no timer or listener behind; who wants a connection that stays makes the next one.
 */
import {
  type AgreedHeartBeat,
  type ErrorCode,
  formatHeartBeat,
  HEART_BEAT,
  negotiateHeartBeat,
  parseHeartBeat,
  STOMP_VERSIONS,
  StompError,
  type StompFrame,
  StompParser,
  type StompVersion,
  serializeFrame,
} from '@rtd/protocol';
import type { Clock, Timer } from './clock.ts';
import { isErrorCode } from './http-request.ts';
import type { WireChunk } from './link-state.ts';

/** What the server said at the start. */
export interface StompWelcome {
  readonly version: StompVersion;
  /** Who the server says we are. */
  readonly userName: string | undefined;
}

export type StompEnding =
  /** There never was a WebSocket: nobody there, no upgrade, or something between that swallows it. */
  | { readonly kind: 'not-opened' }
  /** No byte in time: before CONNECTED, or for twice the agreed heart-beat. */
  | { readonly kind: 'silent'; readonly connected: boolean }
  /** The server's ERROR. `receiptId` names the frame that it refused. */
  | {
      readonly kind: 'error';
      readonly connected: boolean;
      readonly message: string;
      readonly code: ErrorCode | undefined;
      readonly receiptId: string | undefined;
    }
  /** What came was no STOMP, or broke its rules. */
  | { readonly kind: 'garbled'; readonly connected: boolean; readonly message: string }
  | { readonly kind: 'lost'; readonly connected: boolean; readonly code: number; readonly reason: string };

export interface StompConnectionOptions {
  readonly webSocketUrl: string;
  readonly WebSocket: typeof globalThis.WebSocket;
  readonly clock: Clock;
  /** The value of `host`, and of who we are. */
  readonly connectHeaders: Readonly<Record<string, string>>;
  readonly onWire?: ((chunk: WireChunk) => void) | undefined;
  /** From the start to CONNECTED. */
  readonly connectTimeoutMillis: number;
  onConnected(welcome: StompWelcome): void;
  /** Called once, never after `close`. */
  onEnded(ending: StompEnding): void;
}

export interface StompSubscribe {
  readonly destination: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  onMessage(frame: StompFrame): void;
  /** The subscription works: everything before is handed over. */
  onReceipt?: (() => void) | undefined;
}

export interface StompSend {
  readonly destination: string;
  /** Sent as JSON. */
  readonly body: unknown;
  /** The sender's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The server has processed it (for a chat message: stored it). */
  readonly onReceipt?: (() => void) | undefined;
}

export interface StompConnection {
  /** The id of the subscription; the `receiptId` of an ERROR that denies it is the same. */
  subscribe(subscribe: StompSubscribe): string;
  unsubscribe(id: string): void;
  /** The id of its receipt. */
  send(send: StompSend): string;
  /** The server has answered otherwise: there will be no RECEIPT. */
  forgetReceipt(id: string): void;
  ack(id: string): void;
  /** Ends it as if the server had: `onEnded` is called. */
  fail(ending: StompEnding): void;
  /** DISCONNECT, its RECEIPT, close; resolves when it is over, at most 2 s later. `onEnded` is not called. */
  disconnect(): Promise<void>;
  /** At once, without a word. `onEnded` is not called. */
  close(): void;
}

const HEART_BEAT_OFFER = { outgoing: 10_000, incoming: 10_000 };
const SUBPROTOCOLS = STOMP_VERSIONS.map((version) => `v${version.replace('.', '')}.stomp`);
const DISCONNECT_MILLIS = 2_000;
/** What a server sends is not ours to bound tightly; still no frame may eat the memory. */
const LARGEST_FRAME = 16 * 1_048_576;
const TEXT_ENCODER = new TextEncoder();
const TEXT_DECODER = new TextDecoder();

/** Opens it; nothing is called back before this function has returned. */
export function openStompConnection(options: StompConnectionOptions): StompConnection {
  return new WebSocketStompConnection(options);
}

/** The body as JSON. @throws StompError where it is none. */
export function jsonBody(frame: StompFrame): unknown {
  try {
    return JSON.parse(TEXT_DECODER.decode(frame.body));
  } catch {
    throw new StompError('malformed-command', `The server sent a ${frame.command} whose body is not JSON.`);
  }
}

class WebSocketStompConnection implements StompConnection {
  readonly #options: StompConnectionOptions;
  readonly #clock: Clock;
  readonly #socket: WebSocket;
  readonly #parser: StompParser;
  readonly #subscriptions = new Map<string, StompSubscribe>();
  readonly #receipts = new Map<string, () => void>();
  readonly #timers = new Set<Timer>();
  #version: StompVersion = '1.2';
  #opened = false;
  #connected = false;
  #ended = false;
  /** Set once `disconnect` waits for the end. */
  #disconnected: (() => void) | undefined;
  #lastIn: number;
  #lastOut: number;
  #nextId = 0;

  constructor(options: StompConnectionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#lastIn = this.#lastOut = options.clock.now();
    this.#parser = new StompParser({
      role: 'client',
      limits: { frameBytes: LARGEST_FRAME, headers: 1_024, headerBytes: 65_536 },
      onFrame: (frame) => this.#takeFrame(frame),
    });
    this.#socket = new options.WebSocket(options.webSocketUrl, SUBPROTOCOLS);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('open', this.#socketOnOpen);
    this.#socket.addEventListener('message', this.#socketOnMessage);
    this.#socket.addEventListener('close', this.#socketOnClose);
    // Without a listener some implementations throw; what matters comes with `close`.
    this.#socket.addEventListener('error', socketOnError);
    this.#after(options.connectTimeoutMillis, () => {
      if (!this.#connected) this.fail(this.#opened ? { kind: 'silent', connected: false } : { kind: 'not-opened' });
    });
  }

  subscribe(subscribe: StompSubscribe): string {
    const id = this.#newId();
    this.#subscriptions.set(id, subscribe);
    if (subscribe.onReceipt !== undefined) this.#receipts.set(id, subscribe.onReceipt);
    const { destination, headers } = subscribe;
    this.#write('SUBSCRIBE', { id, destination, receipt: id, ...headers });
    return id;
  }

  unsubscribe(id: string): void {
    if (!this.#subscriptions.delete(id)) return;
    this.#receipts.delete(id);
    this.#write('UNSUBSCRIBE', { id });
  }

  send({ destination, body, headers: own, onReceipt }: StompSend): string {
    const id = this.#newId();
    const receipt: Record<string, string> = onReceipt === undefined ? {} : { receipt: id };
    if (onReceipt !== undefined) this.#receipts.set(id, onReceipt);
    const headers = { ...own, destination, 'content-type': 'application/json', ...receipt };
    this.#write('SEND', headers, JSON.stringify(body));
    return id;
  }

  forgetReceipt(id: string): void {
    this.#receipts.delete(id);
  }

  ack(id: string): void {
    this.#write('ACK', { id });
  }

  fail(ending: StompEnding): void {
    if (this.#ended) return;
    const wanted = this.#disconnected !== undefined;
    this.close();
    if (!wanted) this.#options.onEnded(ending);
  }

  async disconnect(): Promise<void> {
    if (this.#ended || !this.#connected) {
      this.close();
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#disconnected = resolve;
    // From here on only the receipt matters: a late message has nobody to go to.
    this.#subscriptions.clear();
    const receipt = this.#newId();
    this.#receipts.set(receipt, () => this.close());
    this.#after(DISCONNECT_MILLIS, () => this.close());
    this.#write('DISCONNECT', { receipt });
    await promise;
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parser.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#subscriptions.clear();
    this.#receipts.clear();
    this.#socket.removeEventListener('open', this.#socketOnOpen);
    this.#socket.removeEventListener('message', this.#socketOnMessage);
    this.#socket.removeEventListener('close', this.#socketOnClose);
    this.#socket.close();
    this.#disconnected?.();
  }

  #socketOnOpen = (): void => {
    this.#opened = true;
    this.#write('CONNECT', {
      'accept-version': STOMP_VERSIONS.toReversed().join(','),
      'heart-beat': formatHeartBeat(HEART_BEAT_OFFER),
      ...this.#options.connectHeaders,
    });
  };

  #socketOnMessage = (event: MessageEvent): void => {
    const data: unknown = event.data;
    const bytes = typeof data === 'string' ? TEXT_ENCODER.encode(data) : bytesOf(data);
    this.#lastIn = this.#clock.now();
    this.#options.onWire?.({ direction: 'in', bytes, at: this.#lastIn });
    try {
      this.#parser.push(bytes);
    } catch (thrown) {
      if (!(thrown instanceof StompError)) throw thrown;
      this.fail({ kind: 'garbled', connected: this.#connected, message: thrown.message });
    }
  };

  #socketOnClose = (event: CloseEvent): void => {
    const connected = this.#connected;
    const { code, reason } = event;
    this.fail(this.#opened ? { kind: 'lost', connected, code, reason } : { kind: 'not-opened' });
  };

  #takeFrame(frame: StompFrame): void {
    switch (frame.command) {
      case 'CONNECTED':
        this.#takeConnected(frame);
        return;
      case 'MESSAGE':
        // None where an UNSUBSCRIBE and a message have crossed.
        this.#subscriptions.get(frame.headers.get('subscription') ?? '')?.onMessage(frame);
        return;
      case 'RECEIPT':
        this.#takeReceipt(frame.headers.get('receipt-id') ?? '');
        return;
      case 'ERROR':
        this.#takeError(frame);
        return;
      default:
        throw new StompError('malformed-command', 'The server sent a frame that no STOMP server sends.');
    }
  }

  #takeConnected(frame: StompFrame): void {
    if (this.#connected) throw new StompError('malformed-command', 'The server sent CONNECTED twice.');
    const version = STOMP_VERSIONS.find((known) => known === (frame.headers.get('version') ?? '1.0'));
    if (version === undefined)
      throw new StompError('malformed-header', 'The server chose a version that was not offered.');
    this.#version = version;
    this.#parser.version = version;
    this.#connected = true;
    this.#beat(negotiateHeartBeat(HEART_BEAT_OFFER, parseHeartBeat(frame.headers.get('heart-beat'))));
    this.#options.onConnected({ version, userName: frame.headers.get('user-name') });
  }

  #takeReceipt(id: string): void {
    const onReceipt = this.#receipts.get(id);
    this.#receipts.delete(id);
    onReceipt?.();
  }

  #takeError(frame: StompFrame): void {
    const code = frame.headers.get('code');
    this.fail({
      kind: 'error',
      connected: this.#connected,
      message: frame.headers.get('message') ?? 'The server ended the connection with an ERROR and gave no reason.',
      code: code !== undefined && isErrorCode(code) ? code : undefined,
      receiptId: frame.headers.get('receipt-id'),
    });
  }

  #beat({ sendEvery, expectEvery }: AgreedHeartBeat): void {
    if (sendEvery > 0) this.#keepAlive(sendEvery * 0.7);
    if (expectEvery > 0) this.#watchSilence(expectEvery * 2);
  }

  #keepAlive(everyMillis: number): void {
    const idle = this.#clock.now() - this.#lastOut;
    if (idle >= everyMillis) this.#writeBytes(HEART_BEAT);
    this.#after(idle >= everyMillis ? everyMillis : everyMillis - idle, () => this.#keepAlive(everyMillis));
  }

  #watchSilence(longestMillis: number): void {
    const silent = this.#clock.now() - this.#lastIn;
    if (silent >= longestMillis) this.fail({ kind: 'silent', connected: true });
    else this.#after(longestMillis - silent, () => this.#watchSilence(longestMillis));
  }

  #after(millis: number, action: () => void): void {
    const timer = this.#clock.after(millis, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  #newId(): string {
    this.#nextId += 1;
    return String(this.#nextId);
  }

  #write(command: string, headers: Readonly<Record<string, string>>, body?: string): void {
    this.#writeBytes(serializeFrame({ command, headers: Object.entries(headers), body }, this.#version));
  }

  #writeBytes(bytes: Uint8Array): void {
    // A socket that is closing drops what is sent; its end is reported by `close`.
    if (this.#ended || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#lastOut = this.#clock.now();
    this.#options.onWire?.({ direction: 'out', bytes, at: this.#lastOut });
    this.#socket.send(new Uint8Array(bytes));
  }
}

function socketOnError(): void {}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError('The WebSocket gave neither text nor an ArrayBuffer.');
}

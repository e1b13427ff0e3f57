/**
 * One STOMP connection of a load test, as cheap as can be: over a WebSocket or a bare TCP socket, on the callbacks of the
 * socket itself. Bytes that another connection got before are not parsed again (see `seen-bytes.ts`).
 */
import type { Socket } from 'node:net';
import {
  formatHeartBeat,
  HEART_BEAT,
  negotiateHeartBeat,
  type OutgoingFrame,
  parseHeartBeat,
  STOMP_VERSIONS,
  type StompFrame,
  StompParser,
  serializeFrame,
} from '@rtd/protocol';
import { parseHead } from '../wire/http-head.ts';
import { faultsOf, STOMP_PROTOCOLS, type UpgradeRequest, upgradeRequest } from '../wire/raw-web-socket.ts';
import type { Target } from '../wire/target.ts';
import { clientFrame, PONG, TEXT } from '../wire/web-socket-frame.ts';
import { openLoadSocket } from './load-socket.ts';
import type { SeenBytes } from './seen-bytes.ts';
import type { Stamps } from './stamp.ts';
import { WebSocketReader } from './web-socket-reader.ts';

export type Headers = readonly (readonly [name: string, value: string])[];

const LARGEST_FRAME = 16_777_216;
const LONGEST_HEAD = 65_536;
const HEAD_END = Buffer.from('\r\n\r\n');
const RECEIPT_OF_SUBSCRIBE = 'subscribed-';

export interface LoadSubscription {
  readonly id: string;
  readonly destination: string;
  readonly headers: Headers;
  /** What comes says that something was refused; it is no delivery. */
  readonly isForRefusals: boolean;
}

export interface StompLoadOptions {
  readonly target: Target;
  readonly localAddress: string | undefined;
  /** Of CONNECT, besides those that it always has; one of the same name takes its place. */
  readonly headers: Headers;
  readonly authorization: string | undefined;
  /** Of the WebSocket handshake. */
  readonly httpHeaders: Headers;
  readonly subscriptions: readonly LoadSubscription[];
  /** Waits for a RECEIPT of each SUBSCRIBE before the connection counts as open. */
  readonly receipts: boolean;
  /** Offered and asked for; 0 for none. */
  readonly heartBeatMillis: number;
  readonly stamps: Stamps;
  /** Shared by all connections that subscribe alike. */
  readonly seen: SeenBytes;
}

export interface StompLoadListener {
  /** The server has let it in; subscriptions are under way. */
  onConnected(): void;
  /** Everything that was subscribed to is. */
  onReady(): void;
  /** Messages have come: the number of each stamp, -1 where there was none of this run. Once a read. */
  onMessages(numbers: readonly number[]): void;
  /** A MESSAGE was parsed; not called again for the same bytes. */
  onParsed?(number: number, frame: StompFrame): void;
  onReceipt(receiptId: string): void;
  onRefusal(body: string): void;
  onBytes(length: number): void;
  onHeartBeat(): void;
  /** Called once, whoever ended it. */
  onClosed(why: string): void;
}

export class StompLoadConnection {
  readonly #options: StompLoadOptions;
  readonly #listener: StompLoadListener;
  readonly #socket: Socket;
  readonly #parser: StompParser;
  readonly #reader: WebSocketReader | undefined;
  #upgrade: { readonly request: UpgradeRequest; head: Buffer } | undefined;
  #unconfirmed = 0;
  #isReady = false;
  #ending: string | undefined;
  /** What the messages of the read under way are. */
  #found: number[] = [];
  /** False where there was more in this read than messages: what it holds is not kept. */
  #onlyMessages = true;
  #lastSentAt = 0;
  #lastHeardAt = 0;
  /** What was agreed on, in milliseconds; 0 for never. */
  #sendEvery = 0;
  #expectEvery = 0;

  constructor(options: StompLoadOptions, listener: StompLoadListener) {
    this.#options = options;
    this.#listener = listener;
    this.#parser = new StompParser({
      role: 'client',
      limits: { frameBytes: LARGEST_FRAME, headers: 1_000, headerBytes: 65_536 },
      onFrame: (frame) => this.#onFrame(frame),
      onHeartBeat: () => listener.onHeartBeat(),
    });
    this.#reader = options.target.bareTcp ? undefined : this.#webSocketReader();
    this.#socket = openLoadSocket(options.target, options.localAddress, {
      onOpen: () => this.#onOpen(),
      onBytes: (bytes) => this.#onBytes(bytes),
      onClosed: (why) => listener.onClosed(this.#ending ?? why),
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** What is written and not yet taken by the kernel. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  send(frame: OutgoingFrame): void {
    this.#write(serializeFrame(frame, this.#parser.version));
  }

  /** Sends a heart-beat when one is due; true when the server has been silent for more than twice what was agreed on. */
  beat(now: number): boolean {
    if (this.#sendEvery > 0 && now - this.#lastSentAt >= this.#sendEvery * 0.7) {
      this.#write(HEART_BEAT);
      this.#lastSentAt = now;
    }
    return this.#expectEvery > 0 && now - this.#lastHeardAt > this.#expectEvery * 2;
  }

  /** Without a word, as a cable that is pulled; `why` is what its end is put down to. */
  cut(why = 'cut by the test'): void {
    this.#ending ??= why;
    this.#socket.destroy();
  }

  #webSocketReader(): WebSocketReader {
    return new WebSocketReader({
      onPayload: (piece) => this.#parser.push(piece),
      onPing: (payload) => this.#socket.write(clientFrame(PONG, payload, newMask())),
      onClose: (code, reason) => {
        this.#ending ??= `closed with ${code ?? 'no code'}${reason === '' ? '' : ` ${reason}`}`;
        this.#socket.destroy();
      },
    });
  }

  #onOpen(): void {
    const { target, authorization, httpHeaders } = this.#options;
    if (target.bareTcp) {
      this.#sendConnect();
      return;
    }
    const request = upgradeRequest(target, { protocols: STOMP_PROTOCOLS, authorization, headers: httpHeaders });
    this.#upgrade = { request, head: Buffer.alloc(0) };
    this.#socket.write(request.text);
  }

  #sendConnect(): void {
    const { target, headers, heartBeatMillis, authorization } = this.#options;
    const own: Headers = [
      ['accept-version', STOMP_VERSIONS.join(',')],
      ['host', target.host],
      ['heart-beat', formatHeartBeat({ outgoing: heartBeatMillis, incoming: heartBeatMillis })],
      ...(authorization === undefined ? [] : [['Authorization', authorization] as const]),
    ];
    this.send({ command: 'CONNECT', headers: withHeaders(own, headers) });
  }

  #onBytes(bytes: Buffer): void {
    this.#listener.onBytes(bytes.length);
    try {
      if (this.#upgrade === undefined) this.#onStomp(bytes);
      else this.#onUpgrade(this.#upgrade, bytes);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #onUpgrade(upgrade: { readonly request: UpgradeRequest; head: Buffer }, bytes: Buffer): void {
    upgrade.head = Buffer.concat([upgrade.head, bytes]);
    const end = upgrade.head.indexOf(HEAD_END);
    if (end === -1) {
      if (upgrade.head.length > LONGEST_HEAD) this.#fail('the answer to the upgrade has no end');
      return;
    }
    const [fault] = faultsOf(upgrade.request, parseHead(upgrade.head.toString('latin1', 0, end)));
    if (fault !== undefined) {
      this.#fail(`no WebSocket: ${fault}`);
      return;
    }
    this.#upgrade = undefined;
    this.#sendConnect();
    const rest = upgrade.head.subarray(end + HEAD_END.length);
    if (rest.length > 0) this.#onStomp(rest);
  }

  #onStomp(bytes: Buffer): void {
    this.#lastHeardAt = performance.now();
    const { seen } = this.#options;
    const whole = this.#isReady && this.#atBoundary;
    if (whole) {
      const found = seen.find(bytes);
      if (found !== undefined) {
        this.#listener.onMessages(found);
        return;
      }
    }
    const found: number[] = [];
    this.#found = found;
    this.#onlyMessages = true;
    if (this.#reader === undefined) this.#parser.push(bytes);
    else this.#reader.push(bytes);
    if (found.length === 0) return;
    if (whole && this.#onlyMessages && this.#atBoundary) seen.keep(bytes, found);
    this.#listener.onMessages(found);
  }

  get #atBoundary(): boolean {
    return this.#parser.bufferedBytes === 0 && (this.#reader === undefined || this.#reader.atBoundary);
  }

  #onFrame(frame: StompFrame): void {
    switch (frame.command) {
      case 'MESSAGE':
        this.#onMessage(frame);
        return;
      case 'CONNECTED':
        this.#onConnected(frame);
        return;
      case 'RECEIPT':
        this.#onReceipt(frame.headers.get('receipt-id') ?? '');
        return;
      case 'ERROR':
        this.#fail(errorIn(frame));
        return;
      default:
        this.#fail('a frame that no server sends');
    }
  }

  #onMessage(frame: StompFrame): void {
    const subscription = frame.headers.get('subscription');
    if (this.#options.subscriptions.some(({ id, isForRefusals }) => isForRefusals && id === subscription)) {
      this.#onlyMessages = false;
      this.#listener.onRefusal(Buffer.from(frame.body).toString('utf8', 0, 500));
      return;
    }
    const number = this.#options.stamps.find(frame.body);
    this.#found.push(number);
    this.#listener.onParsed?.(number, frame);
  }

  #onConnected({ headers }: StompFrame): void {
    const { heartBeatMillis, subscriptions, receipts } = this.#options;
    this.#parser.version = STOMP_VERSIONS.find((version) => version === headers.get('version')) ?? '1.0';
    const mine = { outgoing: heartBeatMillis, incoming: heartBeatMillis };
    const agreed = negotiateHeartBeat(mine, parseHeartBeat(headers.get('heart-beat')));
    this.#sendEvery = agreed.sendEvery;
    this.#expectEvery = agreed.expectEvery;
    this.#lastSentAt = performance.now();
    this.#unconfirmed = receipts ? subscriptions.length : 0;
    this.#listener.onConnected();
    for (const { id, destination, headers: more } of subscriptions) {
      const own: Headers = [
        ['id', id],
        ['destination', destination],
        ['ack', 'auto'],
        ...(receipts ? [['receipt', `${RECEIPT_OF_SUBSCRIBE}${id}`] as const] : []),
      ];
      this.send({ command: 'SUBSCRIBE', headers: withHeaders(own, more) });
    }
    if (this.#unconfirmed === 0) this.#becomeReady();
  }

  #onReceipt(receiptId: string): void {
    this.#onlyMessages = false;
    if (!receiptId.startsWith(RECEIPT_OF_SUBSCRIBE)) {
      this.#listener.onReceipt(receiptId);
      return;
    }
    this.#unconfirmed -= 1;
    if (this.#unconfirmed === 0) this.#becomeReady();
  }

  #becomeReady(): void {
    this.#isReady = true;
    this.#listener.onReady();
  }

  #fail(why: string): void {
    this.#ending ??= why;
    this.#onlyMessages = false;
    this.#parser.stop();
    this.#socket.destroy();
  }

  #write(bytes: Uint8Array): void {
    if (this.#socket.destroyed) return;
    const { buffer, byteOffset, length } = bytes;
    const octets = Buffer.from(buffer, byteOffset, length);
    this.#socket.write(this.#reader === undefined ? octets : clientFrame(TEXT, octets, newMask()));
  }
}

/** What an ERROR says: its message, and the reason that many servers write into its body. */
function errorIn({ headers, body }: StompFrame): string {
  const message = headers.get('message') ?? '';
  const more = Buffer.from(body).toString('utf8', 0, 200).trim();
  return ['ERROR', message, more === message ? '' : more].filter((part) => part !== '').join(': ');
}

/** `own` with those of `more` put in the place of the same name, or behind. */
function withHeaders(own: Headers, more: Headers): Headers {
  const replaced = new Set(more.map(([name]) => name.toLowerCase()));
  return [...own.filter(([name]) => !replaced.has(name.toLowerCase())), ...more];
}

/** Four octets that a server cannot foresee; nothing here has to be kept from an attacker in between. */
function newMask(): Buffer {
  const mask = Buffer.allocUnsafe(4);
  mask.writeUInt32LE(Math.floor(Math.random() * 2 ** 32));
  return mask;
}

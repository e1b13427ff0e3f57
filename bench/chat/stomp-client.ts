/** A STOMP client for benchmarks: one WebSocket that sends, waits for receipts, and hands over what comes. It never reconnects. */
import { once } from 'node:events';
import { type OutgoingFrame, type StompFrame, StompParser, serializeFrame } from '@rtd/protocol';
import { WebSocket } from 'ws';

const VERSION = '1.2';

/** The body of a MESSAGE, and the WebSocket message that the frame came in. Bytes are to be read before it returns. */
export type OnMessage = (body: Uint8Array, arrived: Uint8Array) => void;

export class StompClient implements AsyncDisposable {
  readonly #webSocket: WebSocket;
  readonly #parser = new StompParser({ role: 'client', onFrame: (frame) => this.#received(frame) });
  readonly #receipts = new Map<string, { resolve(): void; reject(error: Error): void }>();
  #nextReceipt = 0;
  #onMessage: OnMessage = () => {};
  /** The WebSocket message that is being parsed. */
  #arrived: Uint8Array = new Uint8Array(0);
  readonly #connected = Promise.withResolvers<void>();

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    this.#parser.version = VERSION;
    // Whoever waits for it hears of it.
    this.#connected.promise.catch(() => {});
    webSocket.on('message', (data) => {
      if (!(data instanceof Uint8Array)) return;
      this.#arrived = data;
      this.#parser.push(data);
    });
    webSocket.on('close', () => this.#ended(new Error('the server closed the connection')));
    webSocket.on('error', (error) => this.#ended(error));
  }

  /** Resolves when it is CONNECTED as that user. */
  static async connect(port: number, userId: string): Promise<StompClient> {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
    const client = new StompClient(webSocket);
    await Promise.race([once(webSocket, 'open'), client.#connected.promise]);
    client.#write({
      command: 'CONNECT',
      headers: [
        ['accept-version', VERSION],
        ['host', 'localhost'],
        ['login', userId],
        ['heart-beat', '0,0'],
      ],
    });
    await client.#connected.promise;
    return client;
  }

  /** Resolves when the server has given its receipt: it is stored. */
  send(destination: string, body: string): Promise<void> {
    return this.#acknowledged({
      command: 'SEND',
      headers: [
        ['destination', destination],
        ['content-type', 'application/json'],
      ],
      body,
    });
  }

  /** Resolves when everything from now on comes to `onMessage`. */
  subscribe(destination: string, onMessage: OnMessage): Promise<void> {
    this.#onMessage = onMessage;
    return this.#acknowledged({
      command: 'SUBSCRIBE',
      headers: [
        ['id', 'sub-0'],
        ['destination', destination],
      ],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#webSocket.terminate();
  }

  #acknowledged(frame: OutgoingFrame): Promise<void> {
    const receipt = String(this.#nextReceipt);
    this.#nextReceipt += 1;
    return new Promise((resolve, reject) => {
      this.#receipts.set(receipt, { resolve, reject });
      this.#write({ ...frame, headers: [...frame.headers, ['receipt', receipt]] });
    });
  }

  #write(frame: OutgoingFrame): void {
    this.#webSocket.send(serializeFrame(frame, VERSION), { binary: false });
  }

  #received({ command, headers, body }: StompFrame): void {
    switch (command) {
      case 'CONNECTED':
        this.#connected.resolve();
        return;
      case 'MESSAGE':
        this.#onMessage(body, this.#arrived);
        return;
      case 'RECEIPT': {
        const receipt = headers.get('receipt-id') ?? '';
        this.#receipts.get(receipt)?.resolve();
        this.#receipts.delete(receipt);
        return;
      }
      default:
        this.#ended(new Error(`the server says ${command}: ${headers.get('message')}`));
    }
  }

  #ended(why: Error): void {
    this.#connected.reject(why);
    for (const { reject } of this.#receipts.values()) reject(why);
    this.#receipts.clear();
  }
}

/**
 * A STOMP client that knows nothing of STOMP: it sends the very octets that a test writes down, and shows the very octets
 * that come back. The server puts one STOMP frame into one WebSocket message, so a message is a frame here.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const PATIENCE_MILLIS = 5_000;

/** A frame taken apart without unescaping: a line a header, the first of a name counts. */
export interface RawFrame {
  readonly raw: string;
  readonly command: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether it came in a binary WebSocket message. */
  readonly binary: boolean;
}

/** The octets of a frame, written as its lines: `raw('SEND', 'destination:/app/chat', '', 'the body')`. */
export function raw(...lines: string[]): string {
  return `${lines.join('\n')}${lines.includes('') ? '' : '\n\n'}\0`;
}

export class RawClient {
  readonly #webSocket: WebSocket;
  readonly #frames: RawFrame[] = [];
  #close: { code: number; reason: string } | undefined;
  #wake: () => void = () => {};
  /** EOLs that came outside of frames. */
  beats = 0;

  /** Resolves once the WebSocket is open. */
  static async open(url: string, options: { protocols?: string[]; headers?: Record<string, string> } = {}) {
    const webSocket = new WebSocket(`${url.replace('http', 'ws')}/ws`, options.protocols ?? ['v12.stomp'], {
      headers: options.headers ?? {},
      perMessageDeflate: false,
    });
    const client = new RawClient(webSocket);
    await once(webSocket, 'open');
    return client;
  }

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    webSocket.on('message', (data, isBinary) => {
      const text = String(data);
      if (text === '\n') this.beats += 1;
      else this.#frames.push(takenApart(text, isBinary));
      this.#wake();
    });
    webSocket.on('close', (code, reason) => {
      this.#close = { code, reason: String(reason) };
      this.#wake();
    });
    webSocket.on('error', () => {});
  }

  get protocol(): string {
    return this.#webSocket.protocol;
  }

  get isClosed(): boolean {
    return this.#close !== undefined;
  }

  /** Frames that have come and were not asked for yet. */
  get unread(): readonly RawFrame[] {
    return this.#frames;
  }

  /** Each piece as one WebSocket message: text as text, octets as binary. */
  send(...pieces: (string | Uint8Array)[]): this {
    for (const piece of pieces) this.#webSocket.send(piece);
    return this;
  }

  /** The next frame. */
  async next(): Promise<RawFrame> {
    await this.until(() => this.#frames.length > 0 || this.isClosed, 'a frame');
    const frame = this.#frames.shift();
    if (frame === undefined) throw new Error(`the connection closed instead: ${JSON.stringify(this.#close)}`);
    return frame;
  }

  /** The next frame of a command; others before it stay unread. */
  async nextOf(command: string): Promise<RawFrame> {
    const at = (): number => this.#frames.findIndex((frame) => frame.command === command);
    await this.until(() => at() !== -1 || this.isClosed, command);
    const [frame] = at() === -1 ? [] : this.#frames.splice(at(), 1);
    if (frame === undefined) throw new Error(`no ${command}, but closed: ${JSON.stringify(this.#close)}`);
    return frame;
  }

  /** "ERROR, close": exactly one ERROR is the next and last frame, and the server closes. */
  async errorThenClose(): Promise<RawFrame> {
    const frame = await this.next();
    if (frame.command !== 'ERROR') throw new Error(`no ERROR but ${JSON.stringify(frame.raw)}`);
    await this.closed();
    if (this.#frames.length > 0) throw new Error(`after ERROR came ${JSON.stringify(this.#frames[0]?.raw)}`);
    return frame;
  }

  async closed(): Promise<{ code: number; reason: string }> {
    await this.until(() => this.isClosed, 'the close');
    return this.#close ?? { code: 0, reason: '' };
  }

  /** Resolves when the server has processed all that was sent before (stomp-rules 36). */
  async settled(): Promise<void> {
    const receipt = `settled-${Math.random()}`;
    this.send(raw('BEGIN', `transaction:${receipt}`), raw('ABORT', `transaction:${receipt}`, `receipt:${receipt}`));
    const at = (): number => this.#frames.findIndex((frame) => frame.headers['receipt-id'] === receipt);
    await this.until(() => at() !== -1, 'the receipt');
    this.#frames.splice(at(), 1);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MILLIS;
    while (!condition()) {
      if (Date.now() > deadline) {
        throw new Error(`${what} did not come; unread: ${JSON.stringify(this.#frames.map((frame) => frame.raw))}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  ping(): void {
    this.#webSocket.ping();
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.#webSocket.terminate();
  }

  async leave(): Promise<void> {
    this.#webSocket.close();
    await this.closed();
  }
}

function takenApart(text: string, binary: boolean): RawFrame {
  const headEnd = text.indexOf('\n\n');
  const [command = '', ...lines] = text.slice(0, headEnd).split('\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon)] ??= line.slice(colon + 1);
  }
  return { raw: text, command, headers, body: text.slice(headEnd + 2, -1), binary };
}

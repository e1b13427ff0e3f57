/** STOMP frames over a raw WebSocket, or a bare TCP connection: sent one by one, and waited for one by one. */
import {
  HEART_BEAT,
  type OutgoingFrame,
  type StompFrame,
  StompParser,
  type StompVersion,
  serializeFrame,
} from '@rtd/protocol';
import { RawSocket } from './raw-socket.ts';
import { askForUpgrade, faultsOf, RawWebSocket, type UpgradeOptions, upgradeRequest } from './raw-web-socket.ts';
import type { Target } from './target.ts';
import { CLOSE } from './web-socket-frame.ts';
import { seconds, WireError } from './wire-error.ts';

const LARGEST_FRAME = 1_048_576;

export class StompWire implements Disposable {
  readonly #pipe: Pipe;
  readonly #parser: StompParser;
  readonly #frames: StompFrame[] = [];
  /** EOLs between frames that have come. */
  heartBeats = 0;

  private constructor(pipe: Pipe) {
    this.#pipe = pipe;
    this.#parser = new StompParser({
      role: 'client',
      limits: { frameBytes: LARGEST_FRAME, headers: 1_000, headerBytes: 65_536 },
      onFrame: ({ command, headers, body }) => this.#frames.push({ command, headers, body: Buffer.from(body) }),
      onHeartBeat: () => {
        this.heartBeats += 1;
      },
    });
  }

  /** Connects and, but for bare TCP, upgrades. @throws WireError */
  static async open(target: Target, timeoutMillis: number, handshake: UpgradeOptions): Promise<StompWire> {
    const socket = await RawSocket.connect(target, { timeoutMillis });
    if (target.bareTcp) return new StompWire(overTcp(socket));
    const request = upgradeRequest(target, handshake);
    const answer = await askForUpgrade(socket, request, timeoutMillis).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    const [fault] = faultsOf(request, answer);
    if (fault !== undefined) {
      socket.close();
      throw new WireError('garbled', `no WebSocket: ${fault}`);
    }
    return new StompWire(overWebSocket(new RawWebSocket(socket)));
  }

  set version(version: StompVersion) {
    this.#parser.version = version;
  }

  /** The bytes of the STOMP frame that went out. */
  send(frame: OutgoingFrame): Uint8Array {
    const bytes = serializeFrame(frame, this.#parser.version);
    this.#pipe.send(bytes);
    return bytes;
  }

  sendHeartBeat(): void {
    this.#pipe.send(HEART_BEAT);
  }

  /** The next frame that is `wanted`; ones that are not are dropped, but for ERROR. @throws WireError `silent`, `closed`; StompError */
  async next(timeoutMillis: number, wanted: (frame: StompFrame) => boolean = () => true): Promise<StompFrame> {
    const deadline = performance.now() + timeoutMillis;
    for (;;) {
      for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
        if (wanted(frame) || frame.command === 'ERROR') return frame;
      }
      await this.#receive(deadline - performance.now(), timeoutMillis);
    }
  }

  /** Resolves with true when an EOL has come after the first `seen`, with false when none did in time. @throws WireError `closed` */
  async nextHeartBeat(seen: number, timeoutMillis: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMillis;
    while (this.heartBeats <= seen) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      try {
        await this.#receive(left, timeoutMillis);
      } catch (error) {
        if (error instanceof WireError && error.reason === 'silent') return false;
        throw error;
      }
    }
    return true;
  }

  close(): void {
    this.#pipe.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #receive(leftMillis: number, timeoutMillis: number): Promise<void> {
    if (leftMillis <= 0) throw new WireError('silent', `nothing came within ${seconds(timeoutMillis)}`);
    this.#parser.push(await this.#pipe.receive(leftMillis));
  }
}

/** What carries the frames. */
interface Pipe {
  send(bytes: Uint8Array): void;
  /** The next octets of STOMP, none where something else came. @throws WireError `silent`, `closed` */
  receive(timeoutMillis: number): Promise<Uint8Array>;
  close(): void;
}

function overTcp(socket: RawSocket): Pipe {
  return {
    send: (bytes) => socket.write(bytes),
    receive: async (timeoutMillis) => {
      const bytes = await socket.read(timeoutMillis);
      if (bytes === undefined) throw new WireError('closed', 'the connection was closed');
      return bytes;
    },
    close: () => socket.close(),
  };
}

function overWebSocket(webSocket: RawWebSocket): Pipe {
  return {
    send: (bytes) => void webSocket.sendText(bytes),
    receive: async (timeoutMillis) => {
      const frame = await webSocket.nextFrame(timeoutMillis);
      if (frame === undefined) throw new WireError('closed', 'the connection was closed');
      if (frame.opcode === CLOSE)
        throw new WireError('closed', `the server closed the WebSocket${closeCode(frame.payload)}`);
      return frame.opcode <= 2 ? frame.payload : Buffer.alloc(0);
    },
    close: () => webSocket.close(),
  };
}

function closeCode(payload: Buffer): string {
  return payload.length < 2 ? '' : ` with ${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}`.trimEnd();
}

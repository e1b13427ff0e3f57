/**
 * Outlets over sockets, many of them, with what they share: one list of those that have something to write, and one timer
 * for those whose peer does not take it.
 *
 * Promises: what is written to a socket within a turn leaves in one system call, in order, uncopied; a turn of flushing is
 * bounded however many sockets wait; who takes nothing of a write for `stallMillis` is destroyed.
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import type { Outlet } from './outlet.ts';
import { flushAtTurnEnd, type TurnEnding } from './turn-end.ts';

/** Sockets that are written to in one turn: some three milliseconds of system calls. */
const SLICE = 512;
const SWEEP_MILLIS = 1_000;
const NOTHING = Buffer.alloc(0);

export interface SocketWriterOptions {
  readonly clock: Clock;
  /** How long a peer may take nothing of what is written to it, in milliseconds; Infinity: for ever. */
  readonly stallMillis: number;
}

/** What the outlets of a gateway share. Whoever makes it closes it. */
export class SocketWriter implements TurnEnding {
  readonly #clock: Clock;
  readonly #stallMillis: number;
  #unflushed: SocketOutlet[] = [];
  #scheduled = false;
  /** Outlets whose kernel buffer is full, how much had been taken when that was last looked at, and since when no more was. */
  readonly #stalled = new Map<SocketOutlet, { taken: number; since: number }>();
  #sweeping: Timer | undefined;

  constructor(options: SocketWriterOptions) {
    this.#clock = options.clock;
    this.#stallMillis = options.stallMillis;
  }

  /** Has `outlet` flushed at the end of this turn. */
  enqueue(outlet: SocketOutlet): void {
    this.#unflushed.push(outlet);
    this.#schedule();
  }

  /** Keeps an eye on `outlet` until the kernel has taken everything. */
  watch(outlet: SocketOutlet): void {
    if (this.#stallMillis === Number.POSITIVE_INFINITY || this.#stalled.has(outlet)) return;
    this.#stalled.set(outlet, { taken: outlet.takenBytes, since: this.#clock.monotonic() });
    this.#sweeping ??= this.#clock.every(SWEEP_MILLIS, () => this.#sweep());
  }

  forget(outlet: SocketOutlet): void {
    this.#stalled.delete(outlet);
  }

  /** Stops the timer; outlets can still be written to, but nobody is destroyed for being slow any more. */
  close(): void {
    this.#sweeping?.cancel();
    this.#sweeping = undefined;
    this.#stalled.clear();
  }

  /** One turn's work. */
  endTurn(): void {
    this.#scheduled = false;
    const waiting = this.#unflushed;
    this.#unflushed = waiting.length > SLICE ? waiting.slice(SLICE) : [];
    const end = Math.min(waiting.length, SLICE);
    for (let index = 0; index < end; index += 1) waiting[index]?.flush();
    if (this.#unflushed.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    flushAtTurnEnd(this);
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const [outlet, progress] of this.#stalled) {
      const taken = outlet.takenBytes;
      if (outlet.unsentBytes === 0) this.#stalled.delete(outlet);
      else if (taken !== progress.taken) {
        progress.taken = taken;
        progress.since = now;
      } else if (now - progress.since >= this.#stallMillis) {
        this.#stalled.delete(outlet);
        outlet.destroy();
      }
    }
    if (this.#stalled.size > 0) return;
    this.#sweeping?.cancel();
    this.#sweeping = undefined;
  }
}

/** The sole writer of a socket. Whoever owns the socket calls `ended` once it has closed. */
export class SocketOutlet implements Outlet {
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  #pieces: Uint8Array[] | undefined;
  #pieceBytes = 0;
  #open = true;
  #drainListeners: (() => void)[] | undefined;

  constructor(socket: Socket, writer: SocketWriter) {
    this.#socket = socket;
    this.#writer = writer;
  }

  get queuedBytes(): number {
    return this.#pieceBytes + this.#socket.writableLength;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Bytes that Node holds for the kernel. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Bytes that the kernel has ever taken. */
  get takenBytes(): number {
    return (this.#socket.bytesWritten ?? 0) - this.#socket.writableLength;
  }

  write(framed: Uint8Array): void {
    if (!this.#open) return;
    this.#pieceBytes += framed.length;
    if (this.#pieces !== undefined) {
      this.#pieces.push(framed);
      return;
    }
    this.#pieces = [framed];
    this.#writer.enqueue(this);
  }

  onceDrained(listener: () => void): void {
    if (this.#drainListeners !== undefined) {
      this.#drainListeners.push(listener);
      return;
    }
    this.#drainListeners = [listener];
    if (!this.#open) setImmediate(() => this.#drained());
    else if (this.#pieces === undefined) this.#tellWhenTaken();
  }

  /** Gives everything that was written to the kernel, now rather than at the end of the turn. */
  flush(): void {
    const pieces = this.#pieces;
    if (pieces === undefined) return;
    this.#pieces = undefined;
    this.#pieceBytes = 0;
    const socket = this.#socket;
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) socket.write(only);
    else {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
    if (this.#drainListeners !== undefined) this.#tellWhenTaken();
    if (socket.writableLength > 0) this.#writer.watch(this);
  }

  /** Flushes what was written; from now on nothing more is. */
  shut(): void {
    this.flush();
    this.#open = false;
  }

  /** Cuts the connection, with whatever is unsent. */
  destroy(): void {
    this.ended();
    this.#socket.destroy();
  }

  /** The socket has closed: what is queued is gone. */
  ended(): void {
    this.#open = false;
    this.#pieces = undefined;
    this.#pieceBytes = 0;
    this.#writer.forget(this);
    this.#drained();
  }

  /** An empty write is taken after all that is before it, and says so. */
  #tellWhenTaken(): void {
    this.#socket.write(NOTHING, () => setImmediate(() => this.#drained()));
  }

  #drained(): void {
    const listeners = this.#drainListeners;
    this.#drainListeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }
}

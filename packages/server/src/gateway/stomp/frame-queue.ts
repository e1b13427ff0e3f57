/**
 * The order of one client's frames.
 *
 * Promises: frames take effect in the order in which they came. A SEND may start while earlier SENDs are still being
 * committed, so that one commit takes many of them (so may an ACK); every other frame waits for all before it, and all
 * wait for it.
 * Outcomes are told in the order of the frames. What waits is bounded: the client is not read from while it is too much.
 */
import type { StompFrame } from '@rtd/protocol';

/** SENDs of one client that are on their way at once. */
const MAX_OVERLAPPING = 256;
/** Frames that wait, and their octets, over which the client is paused. */
const MAX_WAITING = 64;
const MAX_WAITING_BYTES = 65_536;

export interface FrameRunner {
  /** True where the frame may start while others for which this is true still run. */
  overlaps(frame: StompFrame): boolean;
  run(frame: StompFrame): void | Promise<void>;
  succeeded(frame: StompFrame): void;
  failed(frame: StompFrame, thrown: unknown): void;
  /** The client sends faster than it is served, or no longer does. */
  congested(isCongested: boolean): void;
}

/** A frame, or what is to be done once all frames before it are. */
type Item = StompFrame | (() => void);

export class FrameQueue {
  readonly #runner: FrameRunner;
  #waiting: Item[] | undefined;
  #waitingBytes = 0;
  #overlapping = 0;
  /** Settles when the last overlapping frame has told its outcome. */
  #outcomes: Promise<void> | undefined;
  #exclusive = false;
  #congested = false;

  constructor(runner: FrameRunner) {
    this.#runner = runner;
  }

  push(frame: StompFrame): void {
    if (this.#waiting === undefined && this.#mayStart(frame)) this.#start(frame);
    // The parser's body is a view on memory that may be reused.
    else this.#wait({ ...frame, body: new Uint8Array(frame.body) });
    this.#checkCongestion();
  }

  /** Calls `action` once every frame before has told its outcome: at once when none is under way. */
  afterAll(action: () => void): void {
    if (this.#waiting === undefined && this.#isIdle) action();
    else this.#wait(action);
  }

  /** Forgets what waits. What is under way goes on. */
  clear(): void {
    this.#waiting = undefined;
    this.#waitingBytes = 0;
  }

  get #isIdle(): boolean {
    return !this.#exclusive && this.#overlapping === 0;
  }

  #mayStart(item: Item): boolean {
    if (this.#exclusive) return false;
    if (this.#overlapping === 0) return true;
    return typeof item !== 'function' && this.#overlapping < MAX_OVERLAPPING && this.#runner.overlaps(item);
  }

  #wait(item: Item): void {
    this.#waiting ??= [];
    this.#waiting.push(item);
    this.#waitingBytes += sizeOf(item);
  }

  #start(frame: StompFrame): void {
    let running: void | Promise<void>;
    try {
      running = this.#runner.run(frame);
    } catch (thrown) {
      if (this.#outcomes === undefined) this.#runner.failed(frame, thrown);
      else void this.#failAfter(this.#outcomes, frame, thrown);
      return;
    }
    if (running === undefined && this.#overlapping === 0) this.#runner.succeeded(frame);
    else if (this.#runner.overlaps(frame)) this.#overlap(frame, Promise.resolve(running));
    else void this.#runAlone(frame, Promise.resolve(running));
  }

  async #runAlone(frame: StompFrame, running: Promise<void>): Promise<void> {
    this.#exclusive = true;
    await this.#tell(frame, running);
    this.#exclusive = false;
    this.#advance();
  }

  /** What came before it is told first; nothing that came after it begins. */
  async #failAfter(earlier: Promise<void>, frame: StompFrame, thrown: unknown): Promise<void> {
    this.#exclusive = true;
    await earlier;
    this.#exclusive = false;
    this.#runner.failed(frame, thrown);
    this.#advance();
  }

  #overlap(frame: StompFrame, running: Promise<void>): void {
    this.#overlapping += 1;
    // It may fail before its turn to be told.
    running.catch(() => {});
    this.#outcomes = this.#tellAfter(this.#outcomes, frame, running);
  }

  async #tellAfter(earlier: Promise<void> | undefined, frame: StompFrame, running: Promise<void>): Promise<void> {
    await earlier;
    await this.#tell(frame, running);
    this.#overlapping -= 1;
    if (this.#overlapping === 0) this.#outcomes = undefined;
    this.#advance();
  }

  async #tell(frame: StompFrame, running: Promise<void>): Promise<void> {
    try {
      await running;
    } catch (thrown) {
      this.#runner.failed(frame, thrown);
      return;
    }
    this.#runner.succeeded(frame);
  }

  #advance(): void {
    for (let item = this.#waiting?.[0]; item !== undefined && this.#mayStart(item); item = this.#waiting?.[0]) {
      this.#waiting?.shift();
      this.#waitingBytes -= sizeOf(item);
      if (typeof item === 'function') item();
      else this.#start(item);
    }
    if (this.#waiting?.length === 0) this.#waiting = undefined;
    this.#checkCongestion();
  }

  #checkCongestion(): void {
    const factor = this.#congested ? 0.5 : 1;
    const isCongested =
      this.#overlapping >= MAX_OVERLAPPING * factor ||
      (this.#waiting?.length ?? 0) > MAX_WAITING * factor ||
      this.#waitingBytes > MAX_WAITING_BYTES * factor;
    if (isCongested === this.#congested) return;
    this.#congested = isCongested;
    this.#runner.congested(isCongested);
  }
}

function sizeOf(item: Item): number {
  return typeof item === 'function' ? 0 : item.body.length;
}

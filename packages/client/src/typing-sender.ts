/** Tells the others that somebody types: after 500 ms of typing, renewed while it lasts, ended after 2 s without. */
import type { Clock, Timer } from './clock.ts';

export interface TypingSender {
  /** Call it at every key press in the input line. */
  keyPressed(): void;
  /** Call it when the message is sent or the line emptied: ends the mark at once. */
  stopped(): void;
}

const BEGIN_MILLIS = 500;
const END_MILLIS = 2_000;
/** The server ends a mark that is not renewed for 5 s (contract, section 3). */
const RENEW_MILLIS = 3_000;

/** `tell` sends the mark; nothing is sent after `close`. */
export class TypingMark implements TypingSender {
  readonly #clock: Clock;
  readonly #tell: (isTyping: boolean) => void;
  #begin: Timer | undefined;
  #end: Timer | undefined;
  #toldAt: number | undefined;

  constructor(clock: Clock, tell: (isTyping: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  keyPressed(): void {
    this.#end?.cancel();
    this.#end = this.#clock.after(END_MILLIS, () => this.stopped());
    if (this.#toldAt === undefined) this.#begin ??= this.#clock.after(BEGIN_MILLIS, () => this.#sayTyping());
    else if (this.#clock.now() - this.#toldAt >= RENEW_MILLIS) this.#sayTyping();
  }

  stopped(): void {
    const told = this.#toldAt !== undefined;
    this.close();
    if (told) this.#tell(false);
  }

  close(): void {
    this.#begin?.cancel();
    this.#end?.cancel();
    this.#begin = undefined;
    this.#end = undefined;
    this.#toldAt = undefined;
  }

  #sayTyping(): void {
    this.#begin = undefined;
    this.#toldAt = this.#clock.now();
    this.#tell(true);
  }
}

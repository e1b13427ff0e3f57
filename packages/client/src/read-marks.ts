/**
 * "Everything up to here is read", a conversation: the newest only, at most once a second, never backwards, and again
 * over the next connection when the server has not said that it has it.
 */
import { type ConversationId, destinations } from '@rtd/protocol';
import type { ChatWire } from './chat-wire.ts';
import type { Clock, Timer } from './clock.ts';

const PAUSE_MILLIS = 1_000;

interface Mark {
  seq: number;
  confirmedSeq: number;
  sentSeq: number;
  pause: Timer | undefined;
}

export class ReadMarks {
  readonly #clock: Clock;
  readonly #marks = new Map<ConversationId, Mark>();
  #wire: ChatWire | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mark(conversationId: ConversationId, seq: number): void {
    const mark = this.#marks.get(conversationId) ?? { seq: 0, confirmedSeq: 0, sentSeq: 0, pause: undefined };
    this.#marks.set(conversationId, mark);
    mark.seq = Math.max(mark.seq, seq);
    this.#send(conversationId, mark);
  }

  attach(wire: ChatWire): void {
    this.#wire = wire;
    for (const [conversationId, mark] of this.#marks) {
      mark.sentSeq = mark.confirmedSeq;
      this.#send(conversationId, mark);
    }
  }

  detach(): void {
    this.#wire = undefined;
  }

  close(): void {
    this.detach();
    for (const mark of this.#marks.values()) mark.pause?.cancel();
    this.#marks.clear();
  }

  #send(conversationId: ConversationId, mark: Mark): void {
    const { seq } = mark;
    if (mark.pause !== undefined || seq <= mark.sentSeq || this.#wire === undefined) return;
    const told = this.#wire.tell(destinations.read, { conversationId, seq }, () => {
      mark.confirmedSeq = Math.max(mark.confirmedSeq, seq);
    });
    if (!told) return;
    mark.sentSeq = seq;
    mark.pause = this.#clock.after(PAUSE_MILLIS, () => {
      mark.pause = undefined;
      this.#send(conversationId, mark);
    });
  }
}

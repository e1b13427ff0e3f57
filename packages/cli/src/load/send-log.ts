/** What was sent: each message's intended time, its sender, and whether the server has acknowledged it. Grows as needed. */
import type { SentMessages } from './delivery-check.ts';

const FIRST_CAPACITY = 4_096;

export class SendLog implements SentMessages {
  #intended = new Float64Array(FIRST_CAPACITY);
  #senders = new Uint16Array(FIRST_CAPACITY);
  #acknowledged = new Uint8Array(FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Notes a message that was to be sent at `intendedAt` (milliseconds of the monotonic clock); its number. */
  add(sender: number, intendedAt: number): number {
    const number = this.#count;
    if (number === this.#intended.length) this.#grow();
    this.#intended[number] = intendedAt;
    this.#senders[number] = sender;
    this.#count += 1;
    return number;
  }

  /** When it should have been sent; NaN for a number that was never given. */
  intendedAt(number: number): number {
    return number < this.#count ? (this.#intended[number] ?? Number.NaN) : Number.NaN;
  }

  senderOf(number: number): number {
    return this.#senders[number] ?? 0;
  }

  /** False where it was acknowledged before, or never sent. */
  acknowledge(number: number): boolean {
    if (!(number < this.#count) || this.#acknowledged[number] === 1) return false;
    this.#acknowledged[number] = 1;
    return true;
  }

  isAcknowledged(number: number): boolean {
    return this.#acknowledged[number] === 1;
  }

  #grow(): void {
    const capacity = this.#intended.length * 2;
    const intended = new Float64Array(capacity);
    const senders = new Uint16Array(capacity);
    const acknowledged = new Uint8Array(capacity);
    intended.set(this.#intended);
    senders.set(this.#senders);
    acknowledged.set(this.#acknowledged);
    this.#intended = intended;
    this.#senders = senders;
    this.#acknowledged = acknowledged;
  }
}

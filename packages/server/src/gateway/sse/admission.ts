/** Who may still open a stream: so many in all, so many a user; an anonymous client counts against its address. */
import { type Limits, RtdError } from '@rtd/protocol';
import type { Identity } from '../../auth/identity.ts';

const RETRY_AFTER_MILLIS = 5_000;

export class Admission {
  readonly #limits: Limits;
  readonly #byOwner = new Map<string, number>();
  #total = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Takes a place and returns how to give it back. @throws RtdError UNAVAILABLE with a time to come back when there is none. */
  enter(identity: Identity, address: string): () => void {
    if (this.#total >= this.#limits.SSE_TOTAL) {
      throw full(`This server has its ${this.#limits.SSE_TOTAL} event streams open; try again, or another server.`);
    }
    const owner = identity.guest ? `address ${address}` : `user ${identity.userId}`;
    const open = this.#byOwner.get(owner) ?? 0;
    if (open >= this.#limits.SSE_PER_USER) {
      throw full(`There are ${open} event streams open for ${owner}, which is the most; close one first.`);
    }
    this.#byOwner.set(owner, open + 1);
    this.#total += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#total -= 1;
      const rest = (this.#byOwner.get(owner) ?? 1) - 1;
      if (rest === 0) this.#byOwner.delete(owner);
      else this.#byOwner.set(owner, rest);
    };
  }
}

function full(message: string): RtdError {
  return new RtdError('UNAVAILABLE', message, { retryAfterMillis: RETRY_AFTER_MILLIS });
}

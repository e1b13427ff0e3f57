/** What a client has sent inside transactions that are still open (stomp-rules 50 to 52). */
import type { Limits, RtdError } from '@rtd/protocol';
import type { SendRequest } from '../../chat/chat-room.ts';
import { StompBreach } from './stomp-breach.ts';

export class Transaction {
  /** Chat messages, in order: stored in one database transaction at COMMIT. */
  readonly sends: SendRequest[] = [];
  /** ACKs: each checks itself again at COMMIT, and returns what makes it count. */
  readonly acks: (() => () => void)[] = [];
  /** Everything else, done in order after the messages are stored. */
  readonly others: (() => Promise<void>)[] = [];
  /** Why COMMIT will be refused: the first message in it that was. */
  refusal: RtdError | undefined;
  bytes = 0;
}

export class Transactions {
  readonly #limits: Limits;
  readonly #open = new Map<string, Transaction>();
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** @throws StompBreach for a name that is in use, or one too many. */
  begin(name: string): void {
    if (this.#open.has(name)) throw new StompBreach('A transaction of that name is open already.');
    if (this.#open.size >= this.#limits.TRANSACTIONS) {
      throw new StompBreach(`More than ${this.#limits.TRANSACTIONS} transactions are open.`, { code: 'TOO_LARGE' });
    }
    this.#open.set(name, new Transaction());
  }

  /** The open transaction `name`, which is about to hold a frame of `bytes` more. @throws StompBreach when there is none, or too much in it. */
  hold(name: string, bytes: number): Transaction {
    const transaction = this.#named(name);
    transaction.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.TRANSACTION_BYTES) {
      throw new StompBreach(`The open transactions hold more than ${this.#limits.TRANSACTION_BYTES} octets.`, {
        code: 'TOO_LARGE',
      });
    }
    return transaction;
  }

  /** Takes it out: for COMMIT, which does what it holds, and for ABORT, which forgets it. @throws StompBreach when there is none. */
  end(name: string): Transaction {
    const transaction = this.#named(name);
    this.#open.delete(name);
    this.#bytes -= transaction.bytes;
    return transaction;
  }

  #named(name: string): Transaction {
    const transaction = this.#open.get(name);
    if (transaction === undefined) throw new StompBreach('No transaction of that name is open.');
    return transaction;
  }
}

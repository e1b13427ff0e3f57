/**
 * What a server has done to messages on their way: which are missing, which came twice, which came out of their sender's
 * order; for each client, and by whether the server had acknowledged the message. Every message that a client got counts,
 * none is sampled.
 */

/** Each a count of (message, client) pairs, but `acknowledged` and `unacknowledged`: messages. */
export interface DeliveryVerdict {
  readonly acknowledged: number;
  readonly unacknowledged: number;
  readonly clients: number;
  /** Acknowledged messages that a client never got. */
  readonly lost: number;
  /** Sent, never acknowledged, and never got: no promise was broken. */
  readonly missingUnacknowledged: number;
  /** Arrivals of a message that the client had already. */
  readonly repeated: number;
  /** First arrivals behind a later message of the same sender. */
  readonly reordered: number;
  /** Clients that at least one acknowledged message did not reach. */
  readonly clientsWithLoss: number;
  /** Acknowledged messages that did not reach at least one client. */
  readonly messagesWithLoss: number;
  /** Those to whom something went wrong, the worst first; at most 100. */
  readonly clientFaults: readonly ClientFaults[];
  /** The first few of what was found, in words. */
  readonly examples: readonly string[];
}

/** What went wrong for one client, by its number from 0. */
export interface ClientFaults {
  readonly client: number;
  readonly lost: number;
  readonly repeated: number;
  readonly reordered: number;
}

const MOST_EXAMPLES = 5;
const MOST_CLIENTS = 100;

/** What one client has got. */
export class ClientArrivals {
  /** A bit a message. */
  #got = new Uint32Array(32);
  /** The highest number that came, by sender. */
  readonly #highest: Int32Array;
  repeated = 0;
  reordered = 0;

  constructor(senders: number) {
    this.#highest = new Int32Array(Math.max(1, senders)).fill(-1);
  }

  has(number: number): boolean {
    return (((this.#got[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
  }

  /** Notes an arrival, and says what it was. */
  take(number: number, sender: number): 'first' | 'repeated' | 'reordered' {
    if (this.has(number)) {
      this.repeated += 1;
      return 'repeated';
    }
    const word = number >>> 5;
    if (word >= this.#got.length) {
      const more = new Uint32Array(Math.max(word + 1, this.#got.length * 2));
      more.set(this.#got);
      this.#got = more;
    }
    this.#got[word] = (this.#got[word] ?? 0) | (1 << (number & 31));
    const highest = this.#highest[sender] ?? -1;
    if (number < highest) {
      this.reordered += 1;
      return 'reordered';
    }
    this.#highest[sender] = number;
    return 'first';
  }
}

/** What the check needs to know of a message. */
export interface SentMessages {
  readonly count: number;
  isAcknowledged(number: number): boolean;
  senderOf(number: number): number;
}

export class DeliveryCheck {
  readonly #sent: SentMessages;
  readonly #clients: ClientArrivals[];
  readonly #examples: string[] = [];
  #firsts = 0;

  constructor(clients: number, senders: number, sent: SentMessages) {
    this.#sent = sent;
    this.#clients = Array.from({ length: clients }, () => new ClientArrivals(senders));
  }

  /** Message `number` has come to `client` (from 0). A number that was never given to a message is ignored. */
  arrived(client: number, number: number): void {
    if (number >= this.#sent.count) return;
    const what = this.#clients[client]?.take(number, this.#sent.senderOf(number));
    if (what === undefined) return;
    if (what !== 'repeated') this.#firsts += 1;
    if (what === 'first') return;
    this.#note(`client ${client}: message ${number} came ${what === 'repeated' ? 'again' : 'behind a later one'}`);
  }

  /** True when every client has every message that was sent. */
  get complete(): boolean {
    return this.#firsts === this.#clients.length * this.#sent.count;
  }

  /** Looks for what is missing; to be asked once, at the end. */
  verdict(): DeliveryVerdict {
    const { faults, messagesWithLoss, missingUnacknowledged } = this.#faults();
    let acknowledged = 0;
    for (let number = 0; number < this.#sent.count; number += 1) {
      if (this.#sent.isAcknowledged(number)) acknowledged += 1;
    }
    const total = (what: 'lost' | 'repeated' | 'reordered'): number =>
      faults.reduce((sum, each) => sum + each[what], 0);
    return {
      acknowledged,
      unacknowledged: this.#sent.count - acknowledged,
      clients: this.#clients.length,
      lost: total('lost'),
      missingUnacknowledged,
      repeated: total('repeated'),
      reordered: total('reordered'),
      clientsWithLoss: faults.filter(({ lost }) => lost > 0).length,
      messagesWithLoss,
      clientFaults: faults.toSorted((a, b) => weight(b) - weight(a)).slice(0, MOST_CLIENTS),
      examples: this.#examples,
    };
  }

  /** Clients without a fault are left out. */
  #faults(): { faults: ClientFaults[]; messagesWithLoss: number; missingUnacknowledged: number } {
    const faults: ClientFaults[] = [];
    const messages = new Set<number>();
    let missingUnacknowledged = 0;
    for (const [client, arrivals] of this.#clients.entries()) {
      let lost = 0;
      for (let number = 0; number < this.#sent.count; number += 1) {
        if (arrivals.has(number)) continue;
        if (this.#sent.isAcknowledged(number)) {
          lost += 1;
          messages.add(number);
          this.#note(`client ${client}: message ${number} was acknowledged and never came`);
        } else missingUnacknowledged += 1;
      }
      const { repeated, reordered } = arrivals;
      if (lost + repeated + reordered > 0) faults.push({ client, lost, repeated, reordered });
    }
    return { faults, messagesWithLoss: messages.size, missingUnacknowledged };
  }

  #note(example: string): void {
    if (this.#examples.length < MOST_EXAMPLES) this.#examples.push(example);
  }
}

function weight({ lost, repeated, reordered }: ClientFaults): number {
  return lost + repeated + reordered;
}

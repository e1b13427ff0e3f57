/** A reader of the chat that believes nobody: what it was given, how late, and what of it was lost, repeated or out of order. */
import { now, readStamp } from '../harness/stamp.ts';
import { StompClient } from './stomp-client.ts';

export interface Faults {
  readonly lost: number;
  readonly repeated: number;
  readonly reordered: number;
}

export class Reader implements AsyncDisposable {
  readonly #client: StompClient;
  readonly #seqs: number[] = [];
  readonly #latencies: number[] = [];

  private constructor(client: StompClient) {
    this.#client = client;
  }

  /** Resolves when it is subscribed. Every message that it reads must begin with a stamp. */
  static async connect(port: number, userId: string): Promise<Reader> {
    const reader = new Reader(await StompClient.connect(port, userId));
    await reader.#client.subscribe('/topic/messages', (body) => reader.#read(body));
    return reader;
  }

  /** Messages that it was given, each time that it was. */
  get count(): number {
    return this.#seqs.length;
  }

  /** Milliseconds from sending to arrival, of all that has come since the last call. */
  takeLatencies(): readonly number[] {
    return this.#latencies.splice(0);
  }

  /** Measured against the seqs 1 to `sent`. */
  faults(sent: number): Faults {
    const seen = new Set<number>();
    let highest = 0;
    let repeated = 0;
    let reordered = 0;
    for (const seq of this.#seqs) {
      if (seen.has(seq)) repeated += 1;
      else if (seq < highest) reordered += 1;
      seen.add(seq);
      highest = Math.max(highest, seq);
    }
    let lost = 0;
    for (let seq = 1; seq <= sent; seq += 1) if (!seen.has(seq)) lost += 1;
    return { lost, repeated, reordered };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  #read(body: Uint8Array): void {
    const at = now();
    const { seq, content }: { seq: number; content: string } = JSON.parse(Buffer.from(body).toString());
    this.#seqs.push(seq);
    this.#latencies.push((at - readStamp(Buffer.from(content), 0)) / 1_000);
  }
}

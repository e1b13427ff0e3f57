/** People that send to everybody, each the next message when the server has given its receipt for one before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StompClient } from './stomp-client.ts';

/** Characters of each message. */
export const CONTENT_LENGTH = 200;

export class Senders implements AsyncDisposable {
  readonly #clients: readonly StompClient[];

  private constructor(clients: readonly StompClient[]) {
    this.#clients = clients;
  }

  /** Their names are all of one length. */
  static async connect(port: number, count: number): Promise<Senders> {
    const connecting = Array.from({ length: count }, (_, number) =>
      StompClient.connect(port, `sender-${String(number).padStart(4, '0')}`),
    );
    return new Senders(await Promise.all(connecting));
  }

  /**
   * Talks for so long, each with so many messages on their way at a time; resolves, when every message has its receipt,
   * with how many there were, and how many a second.
   */
  async talk(
    millis: number,
    textOf: () => string,
    onTheirWay = 1,
  ): Promise<{ readonly sent: number; readonly perSecond: number }> {
    const start = performance.now();
    let sent = 0;
    const speak = async (client: StompClient): Promise<void> => {
      while (performance.now() - start < millis) {
        await say(client, textOf());
        sent += 1;
      }
    };
    const lanes = Array.from({ length: onTheirWay }, () => this.#clients.map(speak));
    await Promise.all(lanes.flat());
    return { sent, perSecond: (sent / (performance.now() - start)) * 1_000 };
  }

  /** Talks for so long at an even pace, one after the other, answered or not; resolves with how many there were when each has its receipt. */
  async talkEvenly(millis: number, perSecond: number, textOf: () => string): Promise<number> {
    const start = performance.now();
    const messages = Math.round((millis * perSecond) / 1_000);
    const receipts: Promise<void>[] = [];
    for (let message = 0; message < messages; message += 1) {
      await sleep(Math.max(1, start + (message * 1_000) / perSecond - performance.now()));
      const client = this.#clients[message % this.#clients.length];
      if (client === undefined) throw new Error('nobody is there to talk');
      const receipt = say(client, textOf());
      // Looked at below; until then a failure is nobody's.
      receipt.catch(() => {});
      receipts.push(receipt);
    }
    await Promise.all(receipts);
    return messages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]();
  }
}

/** One message of CONTENT_LENGTH characters that begins with `text`; resolves with its receipt. */
export function say(client: StompClient, text: string): Promise<void> {
  return client.send('/app/chat', JSON.stringify({ content: text.padEnd(CONTENT_LENGTH, 'x') }));
}

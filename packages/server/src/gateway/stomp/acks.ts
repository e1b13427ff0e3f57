/** What a subscription in a client ack mode was sent and has not acknowledged yet (stomp-rules 44 to 48). */
import { StompBreach } from './stomp-breach.ts';

export const ACK_MODES = ['auto', 'client', 'client-individual'] as const;
export type AckMode = (typeof ACK_MODES)[number];

/** Over this many the client is closed: it would grow the server's memory for ever. */
export const MAX_UNACKED = 10_000;

/** @throws StompBreach for a mode that no version has. */
export function parseAckMode(header: string | undefined): AckMode {
  const mode = ACK_MODES.find((known) => known === (header ?? 'auto'));
  if (mode === undefined) throw new StompBreach(`ack must be one of ${ACK_MODES.join(', ')}.`);
  return mode;
}

export class UnackedMessages<Entry> {
  readonly #cumulative: boolean;
  /** In the order in which they were sent. */
  readonly #byId = new Map<string, Entry>();

  constructor(mode: 'client' | 'client-individual') {
    this.#cumulative = mode === 'client';
  }

  get count(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  add(id: string, entry: Entry): void {
    this.#byId.set(id, entry);
  }

  /** What an ACK or NACK of `id` is about, no longer unacknowledged now: in mode `client` all that was sent up to it. */
  take(id: string): readonly Entry[] {
    const one = this.#byId.get(id);
    if (one === undefined) return [];
    if (!this.#cumulative) {
      this.#byId.delete(id);
      return [one];
    }
    const taken: Entry[] = [];
    for (const [sentId, entry] of this.#byId) {
      this.#byId.delete(sentId);
      taken.push(entry);
      if (sentId === id) break;
    }
    return taken;
  }
}

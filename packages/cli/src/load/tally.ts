/** What a load test has seen so far: counters and histograms that its parts write to and that the display reads. */
import { Histogram } from './histogram.ts';

/** Different reasons that are told apart; what comes later counts as `other reasons`. */
const MOST_REASONS = 8;

export class Tally {
  /** Connections. */
  asked = 0;
  open = 0;
  failed = 0;
  /** Were open, and ended without having been asked to. */
  lost = 0;
  /** Messages. */
  sent = 0;
  acknowledged = 0;
  refused = 0;
  /** Messages or events of this run that came, to all clients together. */
  deliveries = 0;
  /** Messages or events that came and are not of this run. */
  strangers = 0;
  bytes = 0;
  heartBeats = 0;
  /** Connections that were silent for more than twice the time that they had agreed on. */
  silent = 0;
  /** From the beginning of the TCP connection to what was asked for being there. */
  readonly connect = new Histogram();
  /** From the intended time of sending to the acknowledgement. */
  readonly receipt = new Histogram();
  /** From the intended time of sending to each client's getting it. */
  readonly delivery = new Histogram();
  /** From the cut of a connection to its being back as it was. */
  readonly recovery = new Histogram();
  /** From the intended time of sending to the real one. */
  readonly lateness = new Histogram();
  readonly #reasons = new Map<string, number>();

  /** Counts a reason for a failure, a loss or a refusal. */
  because(reason: string): void {
    const key = this.#reasons.has(reason) || this.#reasons.size < MOST_REASONS ? reason : 'other reasons';
    this.#reasons.set(key, (this.#reasons.get(key) ?? 0) + 1);
  }

  /** The most frequent first. */
  get reasons(): readonly { readonly reason: string; readonly count: number }[] {
    return [...this.#reasons].map(([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count);
  }
}

/** What all kinds of load tests share: the tally they write to, the signal that ends them, and what came out in the end. */
import { pause } from '../interruption.ts';
import type { ClientMeter } from './client-meter.ts';
import { DeliveryCheck, type DeliveryVerdict } from './delivery-check.ts';
import { SendLog } from './send-log.ts';
import { Stamps } from './stamp.ts';
import { Tally } from './tally.ts';

export type Phase = 'connecting' | 'measuring' | 'draining' | 'done';

/** What a kind of load test gives back, besides the tally. */
export interface RunEnd {
  /** What rates are counted over: from the first thing that was measured to the last. */
  readonly measuredMillis: number;
  readonly verdict: DeliveryVerdict | undefined;
  /** What a reader needs to know to make sense of the numbers. */
  readonly notes: readonly string[];
}

export class LoadRun {
  readonly tally = new Tally();
  readonly log = new SendLog();
  readonly stamps: Stamps;
  readonly signal: AbortSignal;
  readonly meter: ClientMeter;
  phase: Phase = 'connecting';
  /** When the measuring began, on the monotonic clock; NaN before. */
  startedAt = Number.NaN;
  /** True from when connections are closed by us. */
  closing = false;
  #lastArrivalAt = Number.NaN;
  #check: DeliveryCheck | undefined;

  constructor(options: { signal: AbortSignal; meter: ClientMeter; random(): number }) {
    this.signal = options.signal;
    this.meter = options.meter;
    this.stamps = new Stamps(options.random);
  }

  /** Counts from now on, and checks what each of `clients` gets where that is asked for. */
  begin(check?: { readonly clients: number; readonly senders: number }): void {
    if (check !== undefined) this.#check = new DeliveryCheck(check.clients, check.senders, this.log);
    this.meter.restart();
    this.phase = 'measuring';
    this.startedAt = performance.now();
  }

  /** Messages have come to client number `client`, all in one read. */
  arrived(client: number, numbers: readonly number[]): void {
    const now = performance.now();
    const { tally, log } = this;
    for (const number of numbers) {
      const intendedAt = log.intendedAt(number);
      if (number < 0 || Number.isNaN(intendedAt)) {
        tally.strangers += 1;
        continue;
      }
      tally.deliveries += 1;
      tally.delivery.record(now - intendedAt);
      this.#check?.arrived(client, number);
    }
    this.#lastArrivalAt = now;
  }

  acknowledged(number: number): boolean {
    if (!this.log.acknowledge(number)) return false;
    const now = performance.now();
    this.tally.acknowledged += 1;
    this.tally.receipt.record(now - this.log.intendedAt(number));
    this.#lastArrivalAt = now;
    return true;
  }

  refused(why: string): void {
    this.tally.refused += 1;
    this.tally.because(`refused: ${why}`);
    this.#lastArrivalAt = performance.now();
  }

  /** Waits until nothing is missing, nothing has come for `quietMillis`, or somebody wants an end. */
  async drain(quietMillis: number, expectedDeliveries: () => number, acknowledges: boolean): Promise<void> {
    if (this.phase === 'measuring') this.phase = 'draining';
    const begun = performance.now();
    const { tally } = this;
    while (!this.signal.aborted) {
      const answered = !acknowledges || tally.acknowledged + tally.refused >= tally.sent;
      const complete = this.#check?.complete ?? tally.deliveries >= expectedDeliveries();
      if (answered && complete) break;
      const last = Number.isNaN(this.#lastArrivalAt) ? begun : Math.max(begun, this.#lastArrivalAt);
      if (performance.now() - last > quietMillis) break;
      await pause(20, this.signal);
    }
  }

  end(notes: readonly string[]): RunEnd {
    this.phase = 'done';
    const last = Number.isNaN(this.#lastArrivalAt) ? performance.now() : this.#lastArrivalAt;
    return {
      measuredMillis: Number.isNaN(this.startedAt) ? 0 : Math.max(1, last - this.startedAt),
      verdict: this.#check?.verdict(),
      notes,
    };
  }
}

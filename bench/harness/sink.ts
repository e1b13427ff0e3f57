/** The benchmark's end of its clients, which are in a process of their own (sink-process.ts). */
import type { Latencies } from './latencies.ts';
import { PartProcess } from './part-process.ts';

/** Frames of one size, each with the moment of its sending (see stamp.ts) at the same place in it. */
export interface StampedFrames {
  readonly frameBytes: number;
  /** Offset of the stamp in the frame. */
  readonly stampAt: number;
}

export type SinkQuestion =
  | {
      readonly ask: 'connect';
      readonly port: number;
      readonly count: number;
      /** What each client sends (in base64), and the text that it waits for before it goes on. */
      readonly steps: readonly { readonly send: string; readonly until: string }[];
    }
  | { readonly ask: 'count'; readonly stamped?: StampedFrames | undefined; readonly marker?: number | undefined }
  | { readonly ask: 'await'; readonly amount: number }
  | { readonly ask: 'stop-reading'; readonly count: number };

export class Sink implements AsyncDisposable {
  readonly #process = new PartProcess<SinkQuestion, Latencies>(
    new URL('./sink-process.ts', import.meta.url),
    [],
    'clients',
  );

  /** Resolves once every client has heard all that it waits for. */
  async connect(
    port: number,
    count: number,
    steps: readonly { readonly send: string | Uint8Array; readonly until: string }[],
  ): Promise<void> {
    const encoded = steps.map(({ send, until }) => ({ send: Buffer.from(send).toString('base64'), until }));
    await this.#process.ask({ ask: 'connect', port, count, steps: encoded });
  }

  /** Forgets what has come so far. Counts octets from now on, or only those that are equal to `marker`. */
  async count(what: { readonly stamped?: StampedFrames; readonly marker?: number } = {}): Promise<void> {
    await this.#process.ask({ ask: 'count', ...what });
  }

  /** Resolves once so much has come, all clients together, since `count`; with the latencies of what was stamped. */
  async received(amount: number): Promise<Latencies> {
    return this.#process.ask({ ask: 'await', amount });
  }

  /** The clients that were opened last take nothing any more. */
  async stopReading(count: number): Promise<void> {
    await this.#process.ask({ ask: 'stop-reading', count });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

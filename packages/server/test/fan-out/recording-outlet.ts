/** An outlet that keeps what is written to it, as text, and is as full as a test says. */
import type { Outlet } from '../../src/fan-out/outlet.ts';
import type { Subscriber } from '../../src/fan-out/subscriber.ts';

export class RecordingOutlet implements Outlet {
  readonly written: Uint8Array[] = [];
  queuedBytes = 0;
  isOpen = true;
  #drainListeners: (() => void)[] = [];

  write(framed: Uint8Array): void {
    this.written.push(framed);
  }

  onceDrained(listener: () => void): void {
    this.#drainListeners.push(listener);
  }

  /** The peer has read everything. */
  drain(): void {
    this.queuedBytes = 0;
    const listeners = this.#drainListeners;
    this.#drainListeners = [];
    for (const listener of listeners) listener();
  }

  /** All entries, in the order of their writing. */
  get entries(): string[] {
    return this.written.flatMap((bytes) => Buffer.from(bytes).toString().split(' '));
  }
}

export interface RecordingSubscriber extends Subscriber<string> {
  readonly outlet: RecordingOutlet;
  /** How often this one encoded for its group. */
  readonly encodings: readonly (readonly string[])[];
}

export function subscriberOf(groupKey: string, more: Partial<Subscriber<string>> = {}): RecordingSubscriber {
  const encodings: (readonly string[])[] = [];
  return {
    groupKey,
    encodings,
    encode: (entries) => {
      encodings.push(entries);
      return Buffer.from(entries.join(' '));
    },
    ...more,
    outlet: new RecordingOutlet(),
  };
}

/** One turn of the loop: a topic sends a slice in it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * What is to be sent: in order, one at a time, again after every cut, until the server has stored it or refused it for
 * good. The clientMessageId makes sending again harmless. Kept in the store at every change, so that what a restart finds
 * is what was not confirmed.
 */
import { RtdError } from '@rtd/protocol';
import { Backoff } from './backoff.ts';
import type { OutgoingMessage, OutgoingState, SendOutcome } from './chat-session.ts';
import { type ChatWire, LinkLost } from './chat-wire.ts';
import type { Clock, Timer } from './clock.ts';
import type { OutboxEntry, OutboxStore } from './outbox-store.ts';

/** More than that is not kept for one offline client. */
const LONGEST = 10_000;

interface Waiting {
  readonly entry: OutboxEntry;
  state: OutgoingState;
  settle(outcome: SendOutcome): void;
}

export interface OutboxOptions {
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly random: () => number;
  onChange(message: OutgoingMessage): void;
  /** The store does not work; messages are still sent, but a restart forgets them. */
  onStoreTrouble(error: RtdError): void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #backoff: Backoff;
  #queue: Waiting[] = [];
  #wire: ChatWire | undefined;
  #sending = false;
  #retry: Timer | undefined;
  #closed = false;
  /** False until what was kept is loaded, and for ever where it cannot be read: it must not be overwritten. */
  #storeUsable = false;
  #loaded = false;
  #dirty = false;
  #saving: Promise<void>;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    this.#saving = this.#load();
  }

  get messages(): readonly OutgoingMessage[] {
    return this.#queue.map(outgoingOf);
  }

  /** Queues it; resolves with how it ended. */
  add(entry: OutboxEntry): Promise<SendOutcome> {
    const { promise, resolve } = Promise.withResolvers<SendOutcome>();
    const waiting: Waiting = { entry, state: { kind: 'queued' }, settle: resolve };
    const refusal = this.#refusalOf();
    if (refusal !== undefined) {
      this.#finish(waiting, { kind: 'refused', error: refusal });
      return promise;
    }
    this.#queue.push(waiting);
    this.#changed();
    this.#options.onChange(outgoingOf(waiting));
    this.#sendNext();
    return promise;
  }

  /** Sends over this wire from now on. */
  attach(wire: ChatWire): void {
    this.#wire = wire;
    this.#sendNext();
  }

  /** Nothing is sent until the next `attach`. */
  detach(): void {
    this.#wire = undefined;
  }

  retry(clientMessageId: string): void {
    const [head] = this.#queue;
    if (head?.state.kind !== 'retrying' || head.entry.clientMessageId !== clientMessageId) return;
    this.#retryNow(head);
  }

  discard(clientMessageId: string): void {
    const waiting = this.#queue.find(({ entry }) => entry.clientMessageId === clientMessageId);
    if (waiting === undefined) return;
    const message = 'The message was discarded before the server confirmed it.';
    this.#remove(waiting, { kind: 'refused', error: new RtdError('CONFLICT', message) });
  }

  /** Sends no more; resolves when the store has everything that is left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.detach();
    this.#retry?.cancel();
    await this.#saving;
    const left = this.#queue;
    this.#queue = [];
    const message = 'The session was closed before the server confirmed the message. It may be stored all the same.';
    for (const waiting of left) waiting.settle({ kind: 'refused', error: new RtdError('UNAVAILABLE', message) });
  }

  #refusalOf(): RtdError | undefined {
    if (this.#closed) return new RtdError('UNAVAILABLE', 'The session is closed: open a new one to send.');
    if (this.#queue.length < LONGEST) return undefined;
    return new RtdError('UNAVAILABLE', `${LONGEST} messages wait to be sent already: connect first, or discard some.`);
  }

  #sendNext(): void {
    const [head] = this.#queue;
    const wire = this.#wire;
    if (wire === undefined || head === undefined || !this.#loaded || this.#sending || head.state.kind === 'retrying')
      return;
    this.#sending = true;
    this.#setState(head, { kind: 'sending' });
    wire
      .deliver(head.entry)
      .then(
        (sent) => {
          this.#backoff.reset();
          const { id, conversationId, seq, timestamp } = sent;
          this.#remove(head, { kind: 'sent', id, conversationId, seq, timestamp });
        },
        (thrown: unknown) => this.#takeRefusal(head, thrown),
      )
      .finally(() => {
        this.#sending = false;
        this.#sendNext();
      });
  }

  #takeRefusal(head: Waiting, thrown: unknown): void {
    if (!this.#queue.includes(head)) return;
    if (thrown instanceof LinkLost) {
      this.#setState(head, { kind: 'queued' });
      return;
    }
    const error = thrown instanceof RtdError ? thrown : new RtdError('INTERNAL', 'Sending failed.', { cause: thrown });
    if (!error.retryable) {
      this.#remove(head, { kind: 'refused', error });
      return;
    }
    const { clock } = this.#options;
    const waitMillis = error.retryAfterMillis ?? this.#backoff.next();
    this.#retry?.cancel();
    if (!this.#closed) this.#retry = clock.after(waitMillis, () => this.#retryNow(head));
    this.#setState(head, { kind: 'retrying', error, retryAt: clock.now() + waitMillis });
  }

  #retryNow(head: Waiting): void {
    this.#retry?.cancel();
    if (head.state.kind !== 'retrying') return;
    this.#setState(head, { kind: 'queued' });
    this.#sendNext();
  }

  #remove(waiting: Waiting, outcome: SendOutcome): void {
    const index = this.#queue.indexOf(waiting);
    if (index === -1) return;
    this.#queue.splice(index, 1);
    if (index === 0) this.#retry?.cancel();
    this.#changed();
    this.#finish(waiting, outcome);
    this.#sendNext();
  }

  #finish(waiting: Waiting, outcome: SendOutcome): void {
    this.#setState(waiting, outcome);
    waiting.settle(outcome);
  }

  #setState(waiting: Waiting, state: OutgoingState): void {
    waiting.state = state;
    this.#options.onChange(outgoingOf(waiting));
  }

  async #load(): Promise<void> {
    try {
      const kept = await this.#options.store.load();
      this.#storeUsable = true;
      const restored = kept.map((entry): Waiting => ({ entry, state: { kind: 'queued' }, settle: () => {} }));
      this.#queue = [...restored, ...this.#queue];
      for (const waiting of restored) this.#options.onChange(outgoingOf(waiting));
    } catch (thrown) {
      this.#options.onStoreTrouble(storeTrouble('read', thrown));
    }
    this.#loaded = true;
    this.#sendNext();
    if (this.#dirty) await this.#save();
  }

  #changed(): void {
    const running = this.#dirty || !this.#loaded;
    this.#dirty = true;
    if (!running) this.#saving = this.#saving.then(() => this.#save());
  }

  async #save(): Promise<void> {
    while (this.#dirty && this.#storeUsable) {
      this.#dirty = false;
      try {
        await this.#options.store.save(this.#queue.map(({ entry }) => entry));
      } catch (thrown) {
        this.#options.onStoreTrouble(storeTrouble('written', thrown));
      }
    }
  }
}

function outgoingOf({ entry, state }: Waiting): OutgoingMessage {
  return { ...entry, state };
}

function storeTrouble(done: 'read' | 'written', thrown: unknown): RtdError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new RtdError('UNAVAILABLE', `The outbox cannot be ${done}, so a restart will forget unsent messages: ${why}`, {
    cause: thrown,
  });
}

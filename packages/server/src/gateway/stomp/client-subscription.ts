/** One SUBSCRIBE of one client: what a topic writes to, and what UNSUBSCRIBE and ACK name. */
import type { ErrorNotice } from '@rtd/protocol';
import type { Delivery } from '../../chat/chat-room.ts';
import type { Outlet } from '../../fan-out/outlet.ts';
import type { Subscriber } from '../../fan-out/subscriber.ts';
import type { TopicSubscription } from '../../fan-out/topic.ts';
import { type AckMode, MAX_UNACKED, UnackedMessages } from './acks.ts';
import { encodeMessage, type MessageFormat, type MessageShape, shapeKey } from './message-encoder.ts';
import { StompBreach } from './stomp-breach.ts';
import type { StompTransport } from './stomp-transport.ts';

/** What a subscription needs of the client that it belongs to. */
export interface SubscriptionOwner {
  readonly transport: StompTransport;
  /** Writes what is for this client alone; while it does not take it, nothing more is read from it. */
  write(framed: Uint8Array): void;
  fail(thrown: unknown): void;
}

/** A subscription as UNSUBSCRIBE, ACK and NACK see it, whatever its entries are. */
export interface ClientSubscription {
  readonly destination: string;
  readonly id: string | undefined;
  isUnacked(messageId: string): boolean;
  /** Ends with these: a later ACK of the same is unknown. What `delivered` is to be told of, once the ACK counts. */
  takeUnacked(messageId: string): () => void;
  /** Resolves when what was acknowledged is stored, where it is to be. @throws RtdError STORE_UNAVAILABLE */
  stored(): Promise<void>;
  /** Not one more MESSAGE of it from here on. */
  stop(): void;
}

export class EntrySubscription<Entry extends object> implements ClientSubscription, Subscriber<Entry> {
  /** Called with what has reached the client: handed to the socket in mode auto, acknowledged in the others. */
  delivered: ((entries: readonly Entry[]) => void) | undefined = undefined;
  /** Resolves when what `delivered` was told of is stored. */
  storing: (() => Promise<void>) | undefined = undefined;
  /** Where a client that was closed for being too slow can go on. */
  resumePoint: ((firstMissed: Entry) => readonly (readonly [string, string])[]) | undefined = undefined;
  handed?: (entries: readonly Entry[]) => void;
  readonly #owner: SubscriptionOwner;
  readonly #shape: MessageShape;
  readonly #format: MessageFormat<Entry>;
  readonly #unacked: UnackedMessages<Entry> | undefined;
  #topic: TopicSubscription | undefined;
  #stopped = false;

  constructor(owner: SubscriptionOwner, shape: MessageShape, mode: AckMode, format: MessageFormat<Entry>) {
    this.#owner = owner;
    this.#shape = shape;
    this.#format = format;
    this.#unacked = mode === 'auto' ? undefined : new UnackedMessages(mode);
    if (this.#unacked !== undefined) this.handed = this.#awaitAcks;
  }

  /** Made when asked for: a topic asks once, and there may be very many subscriptions. */
  get groupKey(): string {
    return `${this.#owner.transport.framing} ${shapeKey(this.#shape)}`;
  }

  get destination(): string {
    return this.#shape.destination;
  }

  get id(): string | undefined {
    return this.#shape.subscription;
  }

  get outlet(): Outlet {
    return this.#owner.transport;
  }

  /** Mode auto: what was handed to the socket is delivered. Costs a call a batch, so only those ask for it who need it. */
  tellWhatIsDelivered(delivered: (entries: readonly Entry[]) => void): void {
    this.delivered = delivered;
    if (this.#unacked === undefined) this.handed = delivered;
  }

  /** From now on `topic` is what `stop` ends; at once where it was stopped meanwhile. */
  opened(topic: TopicSubscription): void {
    if (this.#stopped) topic.unsubscribe();
    else this.#topic = topic;
  }

  encode(entries: readonly Entry[]): Uint8Array {
    const { transport } = this.#owner;
    const [first] = entries;
    if (entries.length === 1 && first !== undefined)
      return transport.frame(encodeMessage(this.#shape, this.#format, first));
    return Buffer.concat(entries.map((entry) => transport.frame(encodeMessage(this.#shape, this.#format, entry))));
  }

  overflowed(firstMissed: Entry): void {
    this.#owner.fail(
      new StompBreach('You read more slowly than messages come. Connect again, and go on from where you were.', {
        code: 'UNAVAILABLE',
        headers: [['destination', this.destination], ...(this.resumePoint?.(firstMissed) ?? [])],
      }),
    );
  }

  /** Writes an entry that is for this client alone. */
  write(entry: Entry): void {
    this.#owner.write(this.encode([entry]));
    this.handed?.([entry]);
  }

  isUnacked(messageId: string): boolean {
    return this.#unacked?.has(messageId) === true;
  }

  takeUnacked(messageId: string): () => void {
    const entries = this.#unacked?.take(messageId) ?? [];
    return () => this.delivered?.(entries);
  }

  async stored(): Promise<void> {
    await this.storing?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#topic?.unsubscribe();
    this.#topic = undefined;
  }

  #awaitAcks(entries: readonly Entry[]): void {
    if (this.#unacked === undefined) return;
    for (const entry of entries) this.#unacked.add(this.#format.idOf(entry), entry);
    if (this.#unacked.count <= MAX_UNACKED) return;
    this.#owner.fail(new StompBreach(`More than ${MAX_UNACKED} messages are not acknowledged.`, { code: 'TOO_LARGE' }));
  }
}

export type ChatSubscription = EntrySubscription<Delivery>;
export type ErrorSubscription = EntrySubscription<ErrorNotice>;

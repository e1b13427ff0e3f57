/** A client after CONNECTED: who it is, what it speaks, what it has subscribed to and begun. */
import type { AgreedHeartBeat, ErrorNotice, RtdError, StompVersion } from '@rtd/protocol';
import type { DeviceIdentity } from '../../auth/identity.ts';
import type { PresenceSession } from '../../presence/presence-room.ts';
import type { ClientSubscription, ErrorSubscription, SubscriptionOwner } from './client-subscription.ts';
import { StompBreach } from './stomp-breach.ts';
import type { StompServices } from './stomp-services.ts';
import type { StompTransport } from './stomp-transport.ts';
import { Transactions } from './transactions.ts';

export interface ClientLink extends SubscriptionOwner {
  readonly services: StompServices;
}

/** What an error is about. */
type NoticeSubject = Pick<ErrorNotice, 'clientMessageId' | 'conversationId' | 'firstSeq'> & {
  readonly destination: string;
};

export class ConnectedClient implements SubscriptionOwner {
  readonly version: StompVersion;
  readonly heartBeat: AgreedHeartBeat;
  readonly presence: PresenceSession;
  /** `auth.refresh` moves its expiry. */
  identity: DeviceIdentity;
  readonly #link: ClientLink;
  // Most clients are idle: nothing is made before it is used.
  #subscriptions: Map<string, ClientSubscription> | undefined;
  #errorSubscriptions: ErrorSubscription[] | undefined;
  #transactions: Transactions | undefined;

  constructor(
    link: ClientLink,
    facts: { version: StompVersion; heartBeat: AgreedHeartBeat; identity: DeviceIdentity; presence: PresenceSession },
  ) {
    this.#link = link;
    this.version = facts.version;
    this.heartBeat = facts.heartBeat;
    this.identity = facts.identity;
    this.presence = facts.presence;
  }

  get services(): StompServices {
    return this.#link.services;
  }

  get transport(): StompTransport {
    return this.#link.transport;
  }

  get transactions(): Transactions {
    this.#transactions ??= new Transactions(this.services.limits);
    return this.#transactions;
  }

  get subscriptions(): Iterable<ClientSubscription> {
    return this.#subscriptions?.values() ?? [];
  }

  write(framed: Uint8Array): void {
    this.#link.write(framed);
  }

  fail(thrown: unknown): void {
    this.#link.fail(thrown);
  }

  /** @throws StompBreach for an id that is in use (stomp-rules 42), or one too many. */
  addSubscription(subscription: ClientSubscription): void {
    this.#subscriptions ??= new Map();
    const { limits } = this.services;
    const key = subscriptionKey(subscription.id, subscription.destination);
    if (this.#subscriptions.has(key)) {
      throw new StompBreach('A subscription of that id is open on this connection already; UNSUBSCRIBE it first.');
    }
    if (this.#subscriptions.size >= limits.SUBSCRIPTION_IDS) {
      throw new StompBreach(`More than ${limits.SUBSCRIPTION_IDS} subscriptions.`, { code: 'TOO_LARGE' });
    }
    // Only from here on can there be too many destinations: each has at least one subscription.
    if (this.#subscriptions.size >= limits.SUBSCRIPTIONS) {
      const destinations = new Set([subscription.destination]);
      for (const other of this.#subscriptions.values()) destinations.add(other.destination);
      if (destinations.size > limits.SUBSCRIPTIONS) {
        throw new StompBreach(`Subscriptions to more than ${limits.SUBSCRIPTIONS} destinations.`, {
          code: 'TOO_LARGE',
        });
      }
    }
    this.#subscriptions.set(key, subscription);
  }

  /** Where errors are told that do not end the connection. */
  addErrorSubscription(subscription: ErrorSubscription): void {
    this.#errorSubscriptions ??= [];
    this.#errorSubscriptions.push(subscription);
  }

  /** Ends the subscription. @throws StompBreach when there is none (stomp-rules 49). */
  endSubscription(id: string | undefined, destination: string | undefined): void {
    const key = subscriptionKey(id, destination);
    const subscription = this.#subscriptions?.get(key);
    if (subscription === undefined) throw new StompBreach('There is no such subscription on this connection.');
    subscription.stop();
    this.#subscriptions?.delete(key);
    const left = this.#errorSubscriptions?.filter((other) => other !== subscription);
    this.#errorSubscriptions = left?.length === 0 ? undefined : left;
  }

  /** Tells the client of an error on `/user/queue/errors`, where it listens there. */
  notify(error: RtdError, about: NoticeSubject): void {
    if (this.#errorSubscriptions === undefined) return;
    const notice: ErrorNotice = {
      code: error.code,
      message: error.message,
      ...about,
      retryable: error.retryable,
      ...(error.retryAfterMillis === undefined ? {} : { retryAfterMillis: Math.ceil(error.retryAfterMillis) }),
      timestamp: new Date(this.services.clock.now()).toISOString(),
    };
    for (const subscription of this.#errorSubscriptions) subscription.write(notice);
  }

  /** The connection is over: nothing more comes, open transactions are aborted (stomp-rules 52). */
  end(): void {
    for (const subscription of this.subscriptions) subscription.stop();
    this.#subscriptions = undefined;
    this.#errorSubscriptions = undefined;
    this.presence.end();
  }
}

/** In 1.0 a subscription may have no id: then its destination names it (stomp-rules 41). */
function subscriptionKey(id: string | undefined, destination: string | undefined): string {
  return id === undefined ? `to ${destination}` : `id ${id}`;
}

/**
 * A feed: the live ticks of one filter and conflation, as a topic whose subscribers all get the same. Feeds are made for
 * their first subscriber and go with their last.
 *
 * Conflation holds the newest tick a symbol and lets all go together, in log order, so that the id of each is a place that
 * resumes without a gap. The first tick after a quiet time goes out at once.
 */
import type { LogPosition, TickerSymbol } from '@rtd/protocol';
import type { Clock, Timer } from '../clock.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { Topic, TopicSubscription } from '../fan-out/topic.ts';
import type { PlacedTick, SymbolFilter } from './market-room.ts';
import type { RingTick } from './placed-tick.ts';

interface Joining {
  readonly subscriber: Subscriber<PlacedTick>;
  readonly behind: LogPosition;
  readonly joined: (subscription: TopicSubscription) => void;
}

class Feed {
  readonly filter: SymbolFilter;
  readonly #conflateMillis: number;
  readonly #clock: Clock;
  readonly #topic: Topic<PlacedTick>;
  readonly #held = new Map<TickerSymbol, RingTick>();
  readonly #joining = new Set<Joining>();
  #window: Timer | undefined;
  subscribers = 0;

  constructor(filter: SymbolFilter, conflateMillis: number, topic: Topic<PlacedTick>, clock: Clock) {
    this.filter = filter;
    this.#conflateMillis = conflateMillis;
    this.#topic = topic;
    this.#clock = clock;
  }

  publish(tick: RingTick): void {
    if (this.#conflateMillis === 0) {
      this.#topic.publish(tick);
      return;
    }
    // Out and in again: the map stays in log order.
    this.#held.delete(tick.tick.symbol);
    this.#held.set(tick.tick.symbol, tick);
    if (this.#window === undefined) this.#letGo();
  }

  /** From now on, for one who has everything up to `behind`, which is where the room is. */
  subscribe(subscriber: Subscriber<PlacedTick>, behind: LogPosition): TopicSubscription {
    // What is held now is part of what the subscriber has already: it must not come a second time.
    if (this.#held.size === 0) return this.#topic.subscribe(subscriber);
    let subscription: TopicSubscription | undefined;
    const joining: Joining = {
      subscriber,
      behind,
      joined: (made) => {
        subscription = made;
      },
    };
    this.#joining.add(joining);
    return {
      unsubscribe: () => {
        this.#joining.delete(joining);
        subscription?.unsubscribe();
      },
    };
  }

  close(): void {
    this.#window?.cancel();
    this.#window = undefined;
    this.#held.clear();
    this.#joining.clear();
  }

  #letGo(): void {
    const ticks = [...this.#held.values()];
    this.#held.clear();
    for (const tick of ticks) this.#topic.publish(tick);
    for (const { subscriber, behind, joined } of this.#joining) {
      const missed = ticks.filter((tick) => tick.offset > (behind[tick.partition] ?? -1));
      if (missed.length > 0 && subscriber.outlet.isOpen) subscriber.outlet.write(subscriber.encode(missed));
      joined(this.#topic.subscribe(subscriber));
    }
    this.#joining.clear();
    this.#window = this.#clock.after(this.#conflateMillis, () => {
      this.#window = undefined;
      if (this.#held.size > 0) this.#letGo();
    });
  }
}

export type NewFeedTopic = () => Topic<PlacedTick>;

/** All feeds: finds the one to join, and the ones that want a tick without asking the others. */
export class Feeds {
  readonly #newTopic: NewFeedTopic;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Feed>();
  readonly #unfiltered = new Set<Feed>();
  readonly #bySymbol = new Map<TickerSymbol, Set<Feed>>();
  #subscribers = 0;

  constructor(newTopic: NewFeedTopic, clock: Clock) {
    this.#newTopic = newTopic;
    this.#clock = clock;
  }

  get subscribers(): number {
    return this.#subscribers;
  }

  publish(tick: RingTick): void {
    for (const feed of this.#unfiltered) feed.publish(tick);
    const filtered = this.#bySymbol.get(tick.tick.symbol);
    if (filtered !== undefined) for (const feed of filtered) feed.publish(tick);
  }

  /** See `Feed.subscribe`. */
  subscribe(
    subscriber: Subscriber<PlacedTick>,
    filter: SymbolFilter,
    conflateMillis: number,
    behind: LogPosition,
  ): TopicSubscription {
    const key = `${conflateMillis} ${filter === undefined ? '' : [...filter].sort().join(' ')}`;
    const feed = this.#byKey.get(key) ?? this.#open(key, filter, conflateMillis);
    const subscription = feed.subscribe(subscriber, behind);
    feed.subscribers += 1;
    this.#subscribers += 1;
    let ended = false;
    return {
      unsubscribe: () => {
        if (ended) return;
        ended = true;
        subscription.unsubscribe();
        feed.subscribers -= 1;
        this.#subscribers -= 1;
        if (feed.subscribers === 0) this.#close(key, feed);
      },
    };
  }

  close(): void {
    for (const [key, feed] of this.#byKey) this.#close(key, feed);
  }

  #open(key: string, filter: SymbolFilter, conflateMillis: number): Feed {
    const feed = new Feed(filter, conflateMillis, this.#newTopic(), this.#clock);
    this.#byKey.set(key, feed);
    if (filter === undefined) this.#unfiltered.add(feed);
    else {
      for (const symbol of filter) {
        const feeds = this.#bySymbol.get(symbol) ?? new Set();
        this.#bySymbol.set(symbol, feeds.add(feed));
      }
    }
    return feed;
  }

  #close(key: string, feed: Feed): void {
    feed.close();
    if (this.#byKey.get(key) === feed) this.#byKey.delete(key);
    this.#unfiltered.delete(feed);
    for (const symbol of feed.filter ?? []) {
      const feeds = this.#bySymbol.get(symbol);
      feeds?.delete(feed);
      if (feeds?.size === 0) this.#bySymbol.delete(symbol);
    }
  }
}

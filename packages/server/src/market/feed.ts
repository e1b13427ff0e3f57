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
  joined: TopicSubscription | undefined;
}

/** The latest tick a symbol that fits and lies behind `place`, each placed as one sees it who comes from there. */
export type NewestBehind = (place: LogPosition, filter: SymbolFilter) => readonly RingTick[];

class Feed {
  readonly filter: SymbolFilter;
  readonly #conflateMillis: number;
  readonly #topic: Topic<PlacedTick>;
  readonly #newestBehind: NewestBehind;
  readonly #clock: Clock;
  readonly #held = new Map<TickerSymbol, RingTick>();
  readonly #joining = new Set<Joining>();
  /** Until it ends, what comes is held. */
  #window: Timer | undefined;
  subscribers = 0;

  constructor(filter: SymbolFilter, conflateMillis: number, options: FeedsOptions) {
    this.filter = filter;
    this.#conflateMillis = conflateMillis;
    this.#topic = options.newTopic();
    this.#newestBehind = options.newestBehind;
    this.#clock = options.clock;
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

  /** From now on, for one who has everything up to `behind`: it gets the newest a symbol of what came since. */
  subscribe(subscriber: Subscriber<PlacedTick>, behind: LogPosition): TopicSubscription {
    const joining: Joining = { subscriber, behind, joined: undefined };
    // What is held would reach it a second time: as the newest of what came since, and when it is let go.
    if (this.#held.size > 0) this.#joining.add(joining);
    else if (this.#conflateMillis === 0 || this.#newestBehind(behind, this.filter).length === 0) this.#join(joining);
    else {
      this.#joining.add(joining);
      if (this.#window === undefined) this.#letGo();
    }
    return {
      unsubscribe: () => {
        this.#joining.delete(joining);
        joining.joined?.unsubscribe();
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
    for (const tick of this.#held.values()) this.#topic.publish(tick);
    this.#held.clear();
    for (const joining of this.#joining) this.#join(joining);
    this.#joining.clear();
    this.#window = this.#clock.after(this.#conflateMillis, () => {
      this.#window = undefined;
      if (this.#held.size > 0 || this.#joining.size > 0) this.#letGo();
    });
  }

  #join(joining: Joining): void {
    const { subscriber, behind } = joining;
    const missed = this.#newestBehind(behind, this.filter);
    if (missed.length > 0 && subscriber.outlet.isOpen) subscriber.outlet.write(subscriber.encode(missed));
    joining.joined = this.#topic.subscribe(subscriber);
  }
}

export interface FeedsOptions {
  readonly newTopic: () => Topic<PlacedTick>;
  readonly newestBehind: NewestBehind;
  readonly clock: Clock;
}

/** All feeds: finds the one to join, and the ones that want a tick without asking the others. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #byKey = new Map<string, Feed>();
  readonly #unfiltered = new Set<Feed>();
  readonly #bySymbol = new Map<TickerSymbol, Set<Feed>>();
  #subscribers = 0;

  constructor(options: FeedsOptions) {
    this.#options = options;
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
    const feed = new Feed(filter, conflateMillis, this.#options);
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

/** The interface of a topic; see fan-out-topic.ts for how it is done. */
import type { Subscriber } from './subscriber.ts';

export interface TopicSubscription {
  /** After this call not one more byte of the topic is written for this subscriber. Repeating it is harmless. */
  unsubscribe(): void;
}

/**
 * Entries to very many outlets. What is published within a turn of the loop is one batch: encoded once a group, one write
 * an outlet. A batch to very many is sent in slices, so that one turn stays short; batches of one topic never overtake.
 */
export interface Topic<Entry> {
  readonly subscriberCount: number;
  /** The subscriber gets exactly what is published after this call, also while an earlier batch is still on its way. */
  subscribe(subscriber: Subscriber<Entry>): TopicSubscription;
  publish(entry: Entry): void;
}

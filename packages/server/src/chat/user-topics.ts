/** One topic a user, made with its first subscriber here and gone with its last: what a user is told about their own doings. */
import type { UserId } from '@rtd/protocol';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { Topic, TopicSubscription } from '../fan-out/topic.ts';

export interface UserTopics<Entry> {
  subscribe(userId: UserId, subscriber: Subscriber<Entry>): TopicSubscription;
  /** To the user's subscribers on this server. */
  publish(userId: UserId, entry: Entry): void;
  readonly size: number;
}

export function createUserTopics<Entry>(newTopic: () => Topic<Entry>): UserTopics<Entry> {
  const topics = new Map<UserId, Topic<Entry>>();
  return {
    get size() {
      return topics.size;
    },
    subscribe(userId, subscriber) {
      let topic = topics.get(userId);
      if (topic === undefined) {
        topic = newTopic();
        topics.set(userId, topic);
      }
      const own = topic;
      const subscription = own.subscribe(subscriber);
      return {
        unsubscribe() {
          subscription.unsubscribe();
          if (own.subscriberCount === 0 && topics.get(userId) === own) topics.delete(userId);
        },
      };
    },
    publish(userId, entry) {
      topics.get(userId)?.publish(entry);
    },
  };
}

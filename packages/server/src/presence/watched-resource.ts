/** A resource that somebody here subscribes to: who looks at it, told to each subscriber at the start and on every change. */
import type { ResourcePresence, UserId } from '@rtd/protocol';
import { createTopic } from '../fan-out/fan-out-topic.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { Topic, TopicSubscription } from '../fan-out/topic.ts';
import type { PresenceDirectory, Resource, Watch } from './presence-directory.ts';

export class WatchedResource {
  readonly #resource: Resource;
  readonly #topic: Topic<ResourcePresence>;
  readonly #watch: Watch;
  readonly #unwatched: () => void;
  /** Undefined until the directory has said it for the first time. */
  #now: ResourcePresence | undefined;

  /** `unwatched` is called when the last subscriber has left; the resource is of no use after it. */
  constructor(resource: Resource, directory: PresenceDirectory, budgetBytes: number, unwatched: () => void) {
    this.#resource = resource;
    this.#unwatched = unwatched;
    this.#topic = createTopic<ResourcePresence>({ overflow: { kind: 'drop' }, budgetBytes });
    this.#watch = directory.watchResource(resource, (users) => this.#changed(users));
  }

  subscribe(subscriber: Subscriber<ResourcePresence>): TopicSubscription {
    if (this.#now !== undefined) {
      const start = [this.#now];
      subscriber.outlet.write(subscriber.encode(start));
      subscriber.handed?.(start);
    }
    const subscription = this.#topic.subscribe(subscriber);
    return {
      unsubscribe: () => {
        subscription.unsubscribe();
        if (this.#topic.subscriberCount > 0) return;
        this.close();
        this.#unwatched();
      },
    };
  }

  close(): void {
    this.#watch.close();
  }

  #changed(users: readonly UserId[]): void {
    this.#now = { resourceType: this.#resource.type, resourceId: this.#resource.id, users: [...users] };
    this.#topic.publish(this.#now);
  }
}

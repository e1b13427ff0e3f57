/** The bus of servers that live in one process (embedded mode: one): a hint is a call. */
import { RtdError } from '@rtd/protocol';
import type { BusSubscriber, MessageBus } from '../../chat/message-bus.ts';

export function createInProcessBus(): MessageBus {
  const subscribers = new Set<BusSubscriber>();
  let closed = false;
  return {
    publish(hint) {
      for (const subscriber of [...subscribers]) subscriber.hint(hint);
    },
    subscribe(subscriber) {
      if (!closed) subscribers.add(subscriber);
      return Promise.resolve(() => void subscribers.delete(subscriber));
    },
    check: () =>
      closed ? Promise.reject(new RtdError('UNAVAILABLE', 'The in-process bus is closed.')) : Promise.resolve(),
    close() {
      closed = true;
      subscribers.clear();
      return Promise.resolve();
    },
  };
}

/** Listeners of an object's events, called in the order they came. */
import { callListener } from './call-listener.ts';
import type { Unsubscribe } from './link-state.ts';

type Listener = (value: never) => void;

/** `Events` maps the name of an event to its listener, which takes one value. */
export class Emitter<Events extends { [name in keyof Events]: Listener }> {
  readonly #listeners: { [name in keyof Events]?: Set<Events[name]> } = {};

  on<E extends keyof Events>(event: E, listener: Events[E]): Unsubscribe {
    const listeners = this.#listeners[event] ?? new Set<Events[E]>();
    this.#listeners[event] = listeners;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<E extends keyof Events>(event: E, value: Parameters<Events[E]>[0]): void {
    for (const listener of [...(this.#listeners[event] ?? [])]) {
      const call: (value: Parameters<Events[E]>[0]) => void = listener;
      callListener(call, value);
    }
  }
}

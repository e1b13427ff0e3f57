/**
 * State that much happens to and little is drawn of. Events change it at once; listeners hear of it at most once a frame,
 * but for events marked urgent (keys), which are shown at once. Knows nothing of React; fits `useSyncExternalStore`.
 */
import type { Clock, Timer, Unsubscribe } from '@rtd/client';

export interface FrameStore<State, Event> {
  /** With every event so far. */
  readonly state: State;
  dispatch(event: Event): void;
  /** What listeners were told of last; the same object until they are told again. */
  readonly shown: () => State;
  readonly subscribe: (listener: () => void) => Unsubscribe;
  /** No listener is called any more. */
  close(): void;
}

export interface FrameStoreOptions<State, Event> {
  readonly initial: State;
  /** Pure; returns the same state where nothing changed. */
  reduce(state: State, event: Event): State;
  readonly clock: Clock;
  /** Shortest time between two frames, in milliseconds. */
  readonly frameMillis: number;
  isUrgent(event: Event): boolean;
}

export function createFrameStore<State, Event>(options: FrameStoreOptions<State, Event>): FrameStore<State, Event> {
  const { clock, frameMillis } = options;
  const listeners = new Set<() => void>();
  let state = options.initial;
  let shown = options.initial;
  let shownAt = Number.NEGATIVE_INFINITY;
  let pending: Timer | undefined;
  let closed = false;

  const show = (): void => {
    pending?.cancel();
    pending = undefined;
    if (closed || shown === state) return;
    shown = state;
    shownAt = clock.now();
    for (const listener of [...listeners]) listener();
  };

  return {
    get state() {
      return state;
    },
    dispatch: (event) => {
      const next = options.reduce(state, event);
      if (next === state || closed) return;
      state = next;
      if (options.isUrgent(event)) show();
      else pending ??= clock.after(Math.min(frameMillis, Math.max(0, shownAt + frameMillis - clock.now())), show);
    },
    shown: () => shown,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: () => {
      closed = true;
      pending?.cancel();
      listeners.clear();
    },
  };
}

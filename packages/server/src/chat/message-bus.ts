/**
 * The port to all servers at once.
 *
 * What every adapter promises (`test/chat/message-bus.contract.ts`): a published hint usually reaches every subscriber on
 * every server, soon. It may be lost, repeated or reordered; nobody is told when it was. `publish` never throws, never
 * waits and keeps nothing for later: while the backend is away hints are dropped, so memory does not grow.
 * A subscriber is told by `recovered` when hints may have been missed, and looks into the store then.
 */
import type { BusHint } from './hints.ts';

export interface BusSubscriber {
  /** Must not throw. Gets this server's own hints or not, as the backend does it. */
  hint(hint: BusHint): void;
  /** The backend is back after it was away. */
  recovered(): void;
}

export interface MessageBus {
  publish(hint: BusHint): void;
  /** From when it resolves on, until the returned function is called. Resolves also while the backend is away: `recovered` follows. */
  subscribe(subscriber: BusSubscriber): Promise<() => void>;
  /** For `/readyz`: resolves when hints go out and come in. @throws RtdError UNAVAILABLE, saying why. */
  check(): Promise<void>;
  /** Ends every subscription; hints published after it are dropped. Repeating it is harmless. */
  close(): Promise<void>;
}

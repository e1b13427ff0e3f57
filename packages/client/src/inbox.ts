/**
 * Messages of all of one's own conversations but global, for every listener of a session. It promises each message once,
 * in seq order a conversation, whichever connection or transport brings it and how often.
 */
import type { ChatMessage, ConversationId } from '@rtd/protocol';
import { callListener } from './call-listener.ts';

export class Inbox {
  readonly #cursors = new Map<ConversationId, number>();
  readonly #listeners = new Set<(message: ChatMessage) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  add(listener: (message: ChatMessage) => void): void {
    this.#listeners.add(listener);
  }

  remove(listener: (message: ChatMessage) => void): void {
    this.#listeners.delete(listener);
  }

  /** The newest seq that was handed over; undefined before the first. */
  cursorOf(conversationId: ConversationId): number | undefined {
    return this.#cursors.get(conversationId);
  }

  take(message: ChatMessage): void {
    if (message.seq <= (this.#cursors.get(message.conversationId) ?? 0)) return;
    this.#cursors.set(message.conversationId, message.seq);
    for (const listener of [...this.#listeners]) callListener(listener, message);
  }
}

/**
 * Where unconfirmed messages wait. A store keeps the whole list, in order; what `save` resolved for survives as long as
 * the store does (a restart too, for the file store of `@rtd/client/node`).
 */
import type { ClientMessageId, ConversationId, UserId } from '@rtd/protocol';

/** A message that the server has not confirmed yet. The clientMessageId makes sending it again harmless. */
export interface OutboxEntry {
  readonly clientMessageId: ClientMessageId;
  readonly content: string;
  readonly conversationId?: ConversationId | undefined;
  readonly recipientId?: UserId | undefined;
  /** To be sent with it, where the transport can. The file store does not keep them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** ISO-8601 UTC. */
  readonly createdAt: string;
}

export interface OutboxStore {
  /** In the order of sending. Rejects when what is kept cannot be read; it is never thrown away silently. */
  load(): Promise<readonly OutboxEntry[]>;
  /** Replaces the list, all or nothing. Calls do not overlap. */
  save(entries: readonly OutboxEntry[]): Promise<void>;
}

/** Lives as long as the process: enough to survive reconnects. */
export function memoryOutboxStore(): OutboxStore {
  let kept: readonly OutboxEntry[] = [];
  return {
    load: () => Promise.resolve(kept),
    save: (entries) => {
      kept = [...entries];
      return Promise.resolve();
    },
  };
}

/**
 * Read marks: a member's cursor moves forward, and the senders of what it newly covers are told.
 * A cursor is cumulative: everything up to it is read. Senders get a receipt a message for the newest 100; with those, all
 * earlier ones are read too.
 */
import type { ConversationId, MessageId, ReadReceipt, UserId } from '@rtd/protocol';
import { RtdError } from '@rtd/protocol';
import type { Clock } from '../clock.ts';
import type { MessageStore } from './message-store.ts';

const MAX_RECEIPTS = 100;

export interface ReadMarks {
  /** @throws RtdError NOT_FOUND for a message that one cannot see, FORBIDDEN, VALIDATION past the end, STORE_UNAVAILABLE */
  mark(
    reader: UserId,
    upTo: { readonly conversationId: ConversationId; readonly seq: number } | { readonly id: MessageId },
  ): Promise<void>;
}

export function createReadMarks(options: {
  readonly store: MessageStore;
  readonly clock: Clock;
  tell(sender: UserId, receipt: ReadReceipt): void;
}): ReadMarks {
  const { store, clock, tell } = options;

  async function placeOf(id: MessageId): Promise<{ conversationId: ConversationId; seq: number }> {
    const found = await store.message(id);
    if (found === undefined) throw notFound();
    return found.message;
  }

  return {
    async mark(reader, upTo) {
      const byId = 'id' in upTo;
      const { conversationId, seq } = byId ? await placeOf(upTo.id) : upTo;
      const move = await store.advanceRead(reader, conversationId, seq).catch((error: unknown) => {
        // Whether a message that one may not see exists is nobody's business.
        if (byId && error instanceof RtdError && error.code === 'FORBIDDEN') throw notFound();
        throw error;
      });
      if (move.after === move.before) return;
      const from = Math.max(move.before, move.after - MAX_RECEIPTS);
      const range = { after: from, before: move.after + 1, limit: MAX_RECEIPTS };
      const { messages } = await store.messages(conversationId, range);
      const timestamp = new Date(clock.now()).toISOString();
      for (const { message } of messages) {
        if (message.senderId === reader) continue;
        const { id } = message;
        tell(message.senderId, { id, conversationId, seq: message.seq, readerId: reader, status: 'READ', timestamp });
      }
    },
  };
}

function notFound(): RtdError {
  return new RtdError('NOT_FOUND', 'There is no message with that id in your conversations.');
}

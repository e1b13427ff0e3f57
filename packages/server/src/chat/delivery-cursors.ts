/**
 * What has reached one device of a user: from single acknowledgements, in any order, to a cumulative cursor a conversation
 * in the store, and a DELIVERED confirmation to each sender when the first of the user's devices has a message.
 * Cursors move over dense runs only: what was not acknowledged is sent again at the next subscribe.
 */
import type { Confirmation, ConversationId, DeviceId, UserId } from '@rtd/protocol';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { StoredMessage } from './message.ts';
import type { CursorMove, MessageStore } from './message-store.ts';

/** Acknowledged behind a hole, or not yet stored: past this many a conversation, an acknowledgement is forgotten. */
const MAX_HELD = 10_000;
const RETRY_MILLIS = 1_000;

export interface DeliveryCursorsOptions {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly userId: UserId;
  readonly device: DeviceId;
  confirmed(sender: UserId, confirmation: Confirmation): void;
}

export interface DeliveryCursors {
  /** The conversation's messages up to `seq` are none of this device's business, or known to be there. */
  startAt(conversationId: ConversationId, seq: number): void;
  delivered(messages: readonly StoredMessage[]): void;
  /** Resolves when everything acknowledged so far is stored, or could not be. */
  settle(): Promise<void>;
}

interface Place {
  /** Everything up to it is acknowledged. */
  denseTo: number;
  /** Acknowledged behind a hole. */
  readonly behindHole: Map<number, StoredMessage>;
  /** Acknowledged without a hole, and not yet in the store's cursor. */
  unstored: StoredMessage[];
}

export function createDeliveryCursors(options: DeliveryCursorsOptions): DeliveryCursors {
  const { store, clock, log, userId, device, confirmed } = options;
  const places = new Map<ConversationId, Place>();
  const moved = new Set<ConversationId>();
  let storing: Promise<void> | undefined;
  let retry: Timer | undefined;

  function acknowledge(message: StoredMessage): void {
    const place = places.get(message.conversationId);
    if (place === undefined || message.seq <= place.denseTo) return;
    if (place.behindHole.size >= MAX_HELD && message.seq !== place.denseTo + 1) return;
    place.behindHole.set(message.seq, message);
    for (let next = place.behindHole.get(place.denseTo + 1); next !== undefined; ) {
      place.behindHole.delete(next.seq);
      place.denseTo = next.seq;
      // Who is not told of them can still see it in the history.
      if (place.unstored.length < MAX_HELD) place.unstored.push(next);
      moved.add(message.conversationId);
      next = place.behindHole.get(place.denseTo + 1);
    }
  }

  /** Whatever moves while the store is at work goes with the next call. */
  async function storeMoves(): Promise<void> {
    while (moved.size > 0) {
      const batch: { conversationId: ConversationId; seq: number; messages: StoredMessage[] }[] = [];
      for (const conversationId of moved) {
        const place = places.get(conversationId);
        if (place === undefined) continue;
        batch.push({ conversationId, seq: place.denseTo, messages: place.unstored });
        place.unstored = [];
      }
      moved.clear();
      try {
        const moves = await store.advanceDelivered(userId, device, batch);
        for (const [index, move] of moves.entries()) tellSenders(move, batch[index]?.messages ?? []);
      } catch (error) {
        log.debug({ err: error, userId }, 'delivery cursors could not be stored; trying again');
        for (const { conversationId, messages } of batch) {
          const place = places.get(conversationId);
          if (place === undefined) continue;
          place.unstored = [...messages, ...place.unstored].slice(-MAX_HELD);
          moved.add(conversationId);
        }
        retry = clock.after(RETRY_MILLIS, begin);
        return;
      }
    }
  }

  function begin(): void {
    retry?.cancel();
    retry = undefined;
    storing ??= Promise.resolve()
      .then(storeMoves)
      .finally(() => {
        storing = undefined;
        if (moved.size > 0 && retry === undefined) begin();
      });
  }

  function tellSenders({ before, after }: CursorMove, messages: readonly StoredMessage[]): void {
    const timestamp = new Date(clock.now()).toISOString();
    for (const { id, conversationId, seq, senderId, clientMessageId } of messages) {
      if (seq <= before || seq > after || senderId === userId) continue;
      confirmed(senderId, { clientMessageId, id, conversationId, seq, status: 'DELIVERED', userId, timestamp });
    }
  }

  return {
    startAt(conversationId, seq) {
      const place = places.get(conversationId);
      if (place === undefined) places.set(conversationId, { denseTo: seq, behindHole: new Map(), unstored: [] });
      else if (seq > place.denseTo) place.denseTo = seq;
    },
    delivered(messages) {
      for (const message of messages) acknowledge(message);
      if (moved.size > 0 && retry === undefined) begin();
    },
    async settle() {
      if (moved.size > 0) begin();
      await storing;
      retry?.cancel();
    },
  };
}

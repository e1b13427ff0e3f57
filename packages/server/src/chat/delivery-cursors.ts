/**
 * What has reached one device of a user: from single acknowledgements, in any order, to a cumulative cursor a conversation
 * in the store, and a DELIVERED confirmation to each sender when the first of the user's devices has a message.
 * Cursors move over dense runs only: what was not acknowledged is sent again at the next subscribe. What was, behind a
 * hole, is remembered here and only here: another server, or this one after a restart, sends it once more.
 */
import type { ClientMessageId, Confirmation, ConversationId, DeviceId, MessageId, UserId } from '@rtd/protocol';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { StoredMessage } from './message.ts';
import type { CursorMove, MessageStore } from './message-store.ts';

/** Acknowledged behind a hole, or not yet told: past this many a conversation, an acknowledgement is forgotten. */
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
  /** The seqs that are acknowledged behind a hole now: the cursor in the store says nothing of them. Without empty sets. */
  behindHoles(): ReadonlyMap<ConversationId, ReadonlySet<number>>;
  /** Resolves with true when everything acknowledged so far is stored, with false when it could not be: it is tried again. */
  stored(): Promise<boolean>;
  /** Tries no more to store what could not be; an acknowledgement begins it again. */
  rest(): void;
}

/** As much of an acknowledged message as its sender is told. */
interface Acknowledged {
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly seq: number;
  readonly senderId: UserId;
  readonly clientMessageId: ClientMessageId | undefined;
}

interface Place {
  /** Everything up to it is acknowledged. */
  denseTo: number;
  /** Acknowledged behind a hole. */
  readonly behindHole: Set<number>;
  /** Acknowledged, and the sender not yet told. */
  untold: Acknowledged[];
}

export function createDeliveryCursors(options: DeliveryCursorsOptions): DeliveryCursors {
  const { store, clock, log, userId, device, confirmed } = options;
  const places = new Map<ConversationId, Place>();
  const moved = new Set<ConversationId>();
  let storing: Promise<void> | undefined;
  let retry: Timer | undefined;

  function acknowledge({ id, conversationId, seq, senderId, clientMessageId }: StoredMessage): void {
    const place = places.get(conversationId);
    if (place === undefined || seq <= place.denseTo || place.behindHole.has(seq)) return;
    if (place.behindHole.size >= MAX_HELD && seq !== place.denseTo + 1) return;
    place.behindHole.add(seq);
    closeHole(place);
    moved.add(conversationId);
    // Who is not told of it can still see it in the history.
    if (place.untold.length < MAX_HELD) place.untold.push({ id, conversationId, seq, senderId, clientMessageId });
  }

  function closeHole(place: Place): void {
    while (place.behindHole.delete(place.denseTo + 1)) place.denseTo += 1;
  }

  /** Whatever moves while the store is at work goes with the next call. */
  async function storeMoves(): Promise<void> {
    while (moved.size > 0) {
      const batch: { conversationId: ConversationId; seq: number; messages: Acknowledged[] }[] = [];
      for (const conversationId of moved) {
        const place = places.get(conversationId);
        if (place === undefined) continue;
        batch.push({ conversationId, seq: place.denseTo, messages: place.untold });
        place.untold = [];
      }
      moved.clear();
      try {
        const moves = await store.advanceDelivered(userId, device, batch);
        for (const [index, { seq, messages }] of batch.entries()) tellSenders(moves[index], seq, messages);
      } catch (error) {
        log.debug({ err: error, userId }, 'delivery cursors could not be stored; trying again');
        for (const { conversationId, messages } of batch) {
          const place = places.get(conversationId);
          if (place === undefined) continue;
          place.untold = [...messages, ...place.untold].slice(-MAX_HELD);
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

  /** Of `messages` those up to `cursor` count where the store took the move; those behind it were acknowledged one by one. */
  function tellSenders(move: CursorMove | undefined, cursor: number, messages: readonly Acknowledged[]): void {
    if (move === undefined) return;
    const timestamp = new Date(clock.now()).toISOString();
    for (const { id, conversationId, seq, senderId, clientMessageId } of messages) {
      if (seq <= move.before || (seq <= cursor && seq > move.after) || senderId === userId) continue;
      confirmed(senderId, { clientMessageId, id, conversationId, seq, status: 'DELIVERED', userId, timestamp });
    }
  }

  return {
    startAt(conversationId, seq) {
      const place = places.get(conversationId);
      if (place === undefined) places.set(conversationId, { denseTo: seq, behindHole: new Set(), untold: [] });
      else if (seq > place.denseTo) {
        for (const held of place.behindHole) if (held <= seq) place.behindHole.delete(held);
        place.denseTo = seq;
        closeHole(place);
      }
    },
    delivered(messages) {
      for (const message of messages) acknowledge(message);
      if (moved.size > 0 && retry === undefined) begin();
    },
    behindHoles() {
      const held = new Map<ConversationId, ReadonlySet<number>>();
      for (const [conversationId, { behindHole }] of places) {
        if (behindHole.size > 0) held.set(conversationId, new Set(behindHole));
      }
      return held;
    },
    async stored() {
      if (moved.size > 0) begin();
      await storing;
      return retry === undefined;
    },
    rest() {
      retry?.cancel();
      retry = undefined;
    },
  };
}

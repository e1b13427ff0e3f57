/**
 * What has reached one device of a user: from single acknowledgements, in any order, to a cumulative cursor a conversation
 * in the store, and a DELIVERED confirmation to each sender when the first of the user's devices has a message.
 * Cursors move over dense runs only: what was not acknowledged is sent again at the next subscribe. What was, behind a
 * hole, is stored beside the cursor until that has reached it, so no server sends it again.
 */
import type { ClientMessageId, Confirmation, ConversationId, DeviceId, MessageId, UserId } from '@rtd/protocol';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { StoredMessage } from './message.ts';
import { type CursorMove, type DeliveredUpTo, MAX_AHEAD, type MessageStore } from './message-store.ts';

/** Acknowledged and not yet told: past this many a conversation, a sender is not told. */
const MAX_UNTOLD = 10_000;
/** Acknowledgements behind holes in one call of the store. */
const MAX_AHEAD_AT_ONCE = 1_000;
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
  /** The conversation's messages up to `seq` are none of this device's business, or known to be there; so are `ahead`, behind it. */
  startAt(conversationId: ConversationId, seq: number, ahead: readonly number[]): void;
  delivered(messages: readonly StoredMessage[]): void;
  /** The seqs that are acknowledged behind a hole now, stored or not. Without empty sets. */
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

/** A place as the store is told of it, and whose senders are told then. */
interface Move extends DeliveredUpTo {
  readonly ahead: readonly number[];
  readonly messages: readonly Acknowledged[];
}

interface Place {
  /** Everything up to it is acknowledged. */
  denseTo: number;
  /** Acknowledged behind a hole. */
  readonly behindHole: Set<number>;
  /** Those of them that are not stored yet. */
  unstored: Set<number>;
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
    if (seq > place.denseTo + MAX_AHEAD) return;
    place.behindHole.add(seq);
    place.unstored.add(seq);
    closeHole(place);
    moved.add(conversationId);
    // Who is not told of it can still see it in the history.
    if (place.untold.length < MAX_UNTOLD) place.untold.push({ id, conversationId, seq, senderId, clientMessageId });
  }

  function closeHole(place: Place): void {
    while (place.behindHole.delete(place.denseTo + 1)) {
      place.denseTo += 1;
      place.unstored.delete(place.denseTo);
    }
  }

  /** What the store is told next; the rest of it goes with a later call. */
  function takeBatch(): Move[] {
    const batch: Move[] = [];
    let room = MAX_AHEAD_AT_ONCE;
    for (const conversationId of moved) {
      const place = places.get(conversationId);
      moved.delete(conversationId);
      if (place === undefined) continue;
      const ahead = [...place.unstored].slice(0, room);
      room -= ahead.length;
      for (const seq of ahead) place.unstored.delete(seq);
      batch.push({ conversationId, seq: place.denseTo, ahead, messages: place.untold });
      place.untold = [];
      if (place.unstored.size === 0) continue;
      moved.add(conversationId);
      break;
    }
    return batch;
  }

  /** What could not be stored goes with the next call. */
  function putBack(batch: readonly Move[]): void {
    for (const { conversationId, ahead, messages } of batch) {
      const place = places.get(conversationId);
      if (place === undefined) continue;
      for (const seq of ahead) if (place.behindHole.has(seq)) place.unstored.add(seq);
      place.untold = [...messages, ...place.untold].slice(-MAX_UNTOLD);
      moved.add(conversationId);
    }
  }

  /** Whatever moves while the store is at work goes with the next call. */
  async function storeMoves(): Promise<void> {
    while (moved.size > 0) {
      const batch = takeBatch();
      try {
        const moves = await store.advanceDelivered(
          userId,
          device,
          batch.map(({ conversationId, seq, ahead }) => ({ conversationId, seq, ahead })),
        );
        for (const [index, { seq, messages }] of batch.entries()) tellSenders(moves[index], seq, messages);
      } catch (error) {
        log.debug({ err: error, userId }, 'delivery cursors could not be stored; trying again');
        putBack(batch);
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
    startAt(conversationId, seq, ahead) {
      const place = places.get(conversationId) ?? {
        denseTo: seq,
        behindHole: new Set<number>(),
        unstored: new Set<number>(),
        untold: [],
      };
      places.set(conversationId, place);
      if (seq > place.denseTo) {
        for (const held of [...place.behindHole].filter((one) => one <= seq)) {
          place.behindHole.delete(held);
          place.unstored.delete(held);
        }
        place.denseTo = seq;
      }
      const { denseTo } = place;
      for (const one of ahead) if (one > denseTo) place.behindHole.add(one);
      closeHole(place);
      // Two servers had a part each of what closes a hole, so neither of them has moved the cursor over it.
      if (place.denseTo === denseTo) return;
      moved.add(conversationId);
      if (retry === undefined) begin();
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

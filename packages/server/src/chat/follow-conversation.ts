/**
 * A subscription to a conversation: from a resume point through the store to the live messages, in order, none twice and
 * none missing at the seam.
 *
 * The reader is fed piece by piece, and the next piece only when its outlet has taken the last one, so a slow reader
 * holds no more than a piece. What is left is small enough to be at hand in memory at last; it is written in the same
 * turn in which the topic is subscribed, and a topic hands over exactly what is published from then on.
 */
import type { ConversationId, UserId } from '@rtd/protocol';
import { RtdError } from '@rtd/protocol';
import type { Outlet } from '../fan-out/outlet.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { TopicSubscription } from '../fan-out/topic.ts';
import type { Delivery, LiveSubscription } from './chat-room.ts';
import { type LiveConversation, PAGE } from './live-conversation.ts';
import type { MessageStore } from './message-store.ts';

/** More than this is not resent (contract, section 9). */
export const MAX_RESUME = 10_000;
/** Characters of content in one piece: well below the smallest budget that makes sense. */
const PIECE_CHARACTERS = 65_536;

export interface FollowOptions {
  readonly store: MessageStore;
  readonly live: LiveConversation;
  readonly userId: UserId;
  readonly subscriber: Subscriber<Delivery>;
  /** Undefined: from now on. */
  readonly afterSeq: number | undefined;
  readonly removed: (() => void) | undefined;
}

/** Resolves when it is live. @throws RtdError FORBIDDEN for who is no member, STORE_UNAVAILABLE */
export async function followConversation(options: FollowOptions): Promise<LiveSubscription> {
  const { live, subscriber, userId } = options;
  let subscription: TopicSubscription | undefined;
  let open = true;
  const stop = () => {
    open = false;
    subscription?.unsubscribe();
    unfollow();
  };
  const unfollow = live.follow({
    userId,
    removed() {
      stop();
      options.removed?.();
    },
  });

  let truncatedTo: number | undefined;
  try {
    let seq = await startOf(options);
    if (live.lastSeq - seq > MAX_RESUME) {
      seq = live.lastSeq - MAX_RESUME;
      truncatedTo = seq + 1;
    }
    while (open && subscriber.outlet.isOpen) {
      const recent = live.recentAfter(seq);
      if (recent !== undefined && pieceEnd(recent, 0) === recent.length) {
        give(subscriber, recent);
        subscription = live.topic.subscribe(subscriber);
        break;
      }
      const missing = recent ?? (await read(options.store, live.conversationId, seq, live.lastSeq));
      for (let start = 0; start < missing.length && open; ) {
        const end = pieceEnd(missing, start);
        const piece = missing.slice(start, end);
        give(subscriber, piece);
        seq = piece.at(-1)?.message.seq ?? seq;
        start = end;
        await taken(subscriber.outlet);
      }
    }
  } catch (error) {
    stop();
    throw error;
  }
  return { truncatedTo, unsubscribe: stop };
}

/** The seq behind which the reader begins. A resume point that this server has not reached yet makes it look first. */
async function startOf({ live, afterSeq }: FollowOptions): Promise<number> {
  if (afterSeq === undefined) return live.lastSeq;
  if (afterSeq > live.lastSeq) await live.refresh();
  return Math.min(afterSeq, live.lastSeq);
}

/** Not beyond `last`: what is newer comes from the topic. */
async function read(store: MessageStore, id: ConversationId, seq: number, last: number): Promise<readonly Delivery[]> {
  const limit = Math.min(PAGE, last - seq);
  const { messages } = await store.messages(id, { after: seq, limit });
  if (messages.length === 0)
    throw new RtdError('UNAVAILABLE', 'The conversation cannot be read right now. Try again in a moment.');
  return messages.map(({ message }) => ({ message }));
}

/** Where the piece that begins at `start` ends; at least one message long. */
export function pieceEnd(deliveries: readonly Delivery[], start: number): number {
  let characters = 0;
  for (let end = start; end < deliveries.length; end += 1) {
    characters += (deliveries[end]?.message.content.length ?? 0) + 200;
    if (characters > PIECE_CHARACTERS && end > start) return end;
  }
  return deliveries.length;
}

function give(subscriber: Subscriber<Delivery>, deliveries: readonly Delivery[]): void {
  if (deliveries.length === 0) return;
  subscriber.outlet.write(subscriber.encode(deliveries));
  subscriber.handed?.(deliveries);
}

/** Resolves when the outlet has nothing left to send, or has closed. */
export function taken(outlet: Outlet): Promise<void> {
  if (!outlet.isOpen || outlet.queuedBytes === 0) return Promise.resolve();
  return new Promise((resolve) => outlet.onceDrained(resolve));
}

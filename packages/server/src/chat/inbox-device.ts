/**
 * One subscription to `/user/queue/messages`: everything of all the user's conversations but `global`; first what the
 * device has not got, in the order of commit, then what comes; in each conversation in seq order, none twice, none missing.
 *
 * It knows up to which seq it has handed over each conversation. A delivery that is the next is handed over at once; any
 * other news makes it read that conversation from the store, piece by piece, as its outlet takes them.
 */
import type { ConversationId, UserId } from '@rtd/protocol';
import { RtdError } from '@rtd/protocol';
import type { Clock, Timer } from '../clock.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import { handOverAtTurnEnd, type TurnEnding } from '../fan-out/turn-end.ts';
import type { Log } from '../telemetry/log.ts';
import type { Delivery } from './chat-room.ts';
import type { DeliveryCursors } from './delivery-cursors.ts';
import { pieceEnd, taken } from './follow-conversation.ts';
import { PAGE } from './live-conversation.ts';
import type { InboxContents, MessageStore } from './message-store.ts';

/** More than this waiting is not sent: the newest are, and the user is told of the rest. */
export const MAX_WAITING = 1_000;
const RETRY_MILLIS = 1_000;

export interface InboxDeviceOptions {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly userId: UserId;
  readonly subscriber: Subscriber<Delivery>;
  readonly budgetBytes: number;
  readonly cursors: Pick<DeliveryCursors, 'startAt'>;
  /** What the device has acknowledged out of order and is perhaps not stored yet: not handed over. */
  readonly acknowledged: ReadonlyMap<ConversationId, ReadonlySet<number>>;
  /** What waits for the device; of all conversations, or of one. */
  waiting(only?: ConversationId): Promise<InboxContents>;
}

export interface InboxDevice {
  readonly userId: UserId;
  /** Hands over what waited. Resolves with what was left out when it is live. @throws RtdError STORE_UNAVAILABLE */
  start(): Promise<InboxContents['leftOut']>;
  /** A delivery of a conversation that the user is in. */
  offer(delivery: Delivery): void;
  /** A conversation that the user is in has messages up to `lastSeq`. */
  heard(conversationId: ConversationId, lastSeq: number): void;
  /** The user is in that conversation no more. */
  removedFrom(conversationId: ConversationId): void;
  close(): void;
}

export function createInboxDevice(options: InboxDeviceOptions): InboxDevice {
  const { store, clock, log, userId, subscriber, budgetBytes, cursors } = options;
  const { outlet } = subscriber;
  const handedTo = new Map<ConversationId, number>();
  /** What is behind that and was acknowledged, one by one, before the device came. */
  const acknowledged = new Map<ConversationId, Set<number>>();
  /** Conversations to be read from the store; the first of them perhaps is right now. */
  const toRead = new Set<ConversationId>();
  const removed = new Set<ConversationId>();
  let reading = false;
  let beingRead: ConversationId | undefined;
  /** More came of the conversation that is being read. */
  let wantedAgain = false;
  let retry: Timer | undefined;
  let batch: Delivery[] = [];
  let open = true;
  let started = false;

  /** What was handed over within a turn of the loop is one write. */
  function flush(): void {
    if (batch.length === 0) return;
    const entries = batch;
    const [first] = entries;
    batch = [];
    if (!open || !outlet.isOpen || first === undefined) return;
    if (outlet.queuedBytes > budgetBytes) {
      close();
      subscriber.overflowed?.(first);
      return;
    }
    outlet.write(subscriber.encode(entries));
    subscriber.handed?.(entries);
  }

  function handOver(delivery: Delivery): void {
    const { conversationId, seq } = delivery.message;
    passTo(conversationId, seq);
    batch.push(delivery);
    if (batch.length === 1) handOverAtTurnEnd(turnEnding);
  }

  /** What comes right behind it and is acknowledged is passed too. */
  function passTo(conversationId: ConversationId, seq: number): void {
    const own = acknowledged.get(conversationId);
    let last = seq;
    while (own?.delete(last + 1) === true) last += 1;
    if (own?.size === 0) acknowledged.delete(conversationId);
    handedTo.set(conversationId, last);
  }

  const turnEnding: TurnEnding = { endTurn: flush };

  /** In pieces, each when the one before has left. */
  async function handOverAll(deliveries: readonly Delivery[]): Promise<void> {
    for (let start = 0; start < deliveries.length && open; ) {
      const end = pieceEnd(deliveries, start);
      for (const delivery of deliveries.slice(start, end)) {
        const { conversationId, seq } = delivery.message;
        if (seq === (handedTo.get(conversationId) ?? Number.NaN) + 1) handOver(delivery);
      }
      flush();
      start = end;
      await taken(outlet);
    }
  }

  function begin(contents: InboxContents): void {
    const stored = new Map(contents.acknowledged.map(({ conversationId, seqs }) => [conversationId, seqs]));
    for (const { conversationId, from } of contents.cursors) {
      // What was read before a removal came in is not handed over after it.
      if (removed.has(conversationId)) continue;
      const ahead = stored.get(conversationId) ?? [];
      const own = new Set(ahead);
      for (const seq of options.acknowledged.get(conversationId) ?? []) if (seq > from) own.add(seq);
      acknowledged.set(conversationId, own);
      passTo(conversationId, from);
      cursors.startAt(conversationId, from, ahead);
    }
  }

  const asDeliveries = (messages: InboxContents['messages']) => messages.map(({ message }) => ({ message }));

  /** True where there may be more. */
  async function readOne(conversationId: ConversationId): Promise<boolean> {
    const handed = handedTo.get(conversationId);
    if (handed === undefined) {
      const contents = await options.waiting(conversationId);
      begin(contents);
      await handOverAll(asDeliveries(contents.messages));
      return false;
    }
    const { messages } = await store.messages(conversationId, { after: handed, limit: PAGE }, userId);
    await handOverAll(asDeliveries(messages));
    return messages.length === PAGE;
  }

  async function readAll(): Promise<void> {
    for (let [next] = toRead; next !== undefined && open; [next] = toRead) {
      wantedAgain = false;
      beingRead = next;
      try {
        const more = await readOne(next);
        if (!more && !wantedAgain) toRead.delete(next);
      } catch (error) {
        if (error instanceof RtdError && error.code === 'FORBIDDEN') toRead.delete(next);
        else {
          log.debug({ err: error, userId }, 'an inbox could not be read; trying again');
          retry = clock.after(RETRY_MILLIS, read);
          return;
        }
      } finally {
        beingRead = undefined;
      }
    }
  }

  function read(): void {
    if (!started || !open || reading) return;
    retry?.cancel();
    retry = undefined;
    reading = true;
    void readAll().finally(() => {
      reading = false;
      if (toRead.size > 0 && retry === undefined) read();
    });
  }

  function want(conversationId: ConversationId): void {
    if (conversationId === beingRead) wantedAgain = true;
    toRead.add(conversationId);
    if (retry === undefined) read();
  }

  function close(): void {
    open = false;
    batch = [];
    toRead.clear();
    retry?.cancel();
  }

  return {
    userId,
    async start() {
      const contents = await options.waiting();
      begin(contents);
      await handOverAll(asDeliveries(contents.messages));
      started = true;
      read();
      return contents.leftOut;
    },
    offer(delivery) {
      if (!open) return;
      const { conversationId, seq } = delivery.message;
      const handed = handedTo.get(conversationId);
      removed.delete(conversationId);
      if (!started || handed === undefined) want(conversationId);
      else if (seq === handed + 1) handOver(delivery);
      else if (seq > handed) want(conversationId);
    },
    heard(conversationId, lastSeq) {
      removed.delete(conversationId);
      if (open && lastSeq > (handedTo.get(conversationId) ?? 0)) want(conversationId);
    },
    removedFrom(conversationId) {
      removed.add(conversationId);
      handedTo.delete(conversationId);
      acknowledged.delete(conversationId);
      toRead.delete(conversationId);
      batch = batch.filter(({ message }) => message.conversationId !== conversationId);
    },
    close,
  };
}

/**
 * A chat session: one object that stays, whatever happens to the connection under it. It promises that a subscriber gets
 * every message of its conversation once, in seq order, without holes, and that a message handed to `send` is stored once
 * or refused aloud, over any sequence of cuts, reconnects and changes of transport.
 */
import type {
  ChatMessage,
  ClientMessageId,
  ConversationId,
  ErrorNotice,
  HistoryPage,
  Presence,
  PresenceStatus,
  ResourcePresence,
  RtdError,
  Typing,
} from '@rtd/protocol';
import type { Clock } from './clock.ts';
import type { HttpApi, PresenceEntry } from './http-api.ts';
import type { ClientIdentity, Self } from './identity.ts';
import type { LinkState, Unsubscribe, WireChunk } from './link-state.ts';
import type { OutboxEntry, OutboxStore } from './outbox-store.ts';
import type { TypingSender } from './typing-sender.ts';

/** `auto`: WebSocket, and long polling where that cannot be had. */
export type ChatTransport = 'auto' | 'ws' | 'poll';

export interface ChatOptions {
  /** `http://127.0.0.1:8080`; a bare `host:port`, and ws(s), are understood too. */
  readonly url: string;
  readonly identity?: ClientIdentity | undefined;
  /** Names this device of the user; what it has got is kept apart from the user's other devices. Default `default`. */
  readonly device?: string | undefined;
  readonly transport?: ChatTransport | undefined;
  /** Where unconfirmed messages wait; in memory when left out. What a file store kept from last time is sent at the start. */
  readonly outbox?: OutboxStore | undefined;
  /** Every byte of the STOMP connection, as it went: tokens are not masked here. */
  readonly onWire?: ((chunk: WireChunk) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** 0 up to 1, for jitter. */
  readonly random?: (() => number) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly WebSocket?: typeof globalThis.WebSocket | undefined;
}

/** Neither id means `global`; `recipientId` alone means the direct conversation of the two. */
export interface NewMessage {
  readonly content: string;
  readonly conversationId?: string | undefined;
  readonly recipientId?: string | undefined;
  /** For who must be able to send the same message again in another session, and have it stored once; made up when left out. */
  readonly clientMessageId?: string | undefined;
  /** Names that begin with `x-`: who listens gets them on the MESSAGE (contract, section 9). Long polling has no way to send them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type OutgoingState =
  /** Waits for a link, or for the messages before it. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'sending' }
  /** Refused for now (rate, store down): tried again at `retryAt`, epoch milliseconds. */
  | { readonly kind: 'retrying'; readonly error: RtdError; readonly retryAt: number }
  /** Committed. `conversationId` is the true one, also where only a recipient was named. */
  | {
      readonly kind: 'sent';
      readonly id: string;
      readonly conversationId: ConversationId;
      readonly seq: number;
      readonly timestamp: string;
    }
  /** Refused for good: nothing was stored. `error.code` says why. */
  | { readonly kind: 'refused'; readonly error: RtdError };

/** One's own message from the moment of `send` on. The true ChatMessage, with the same clientMessageId, takes its place. */
export interface OutgoingMessage extends OutboxEntry {
  readonly state: OutgoingState;
}

/** How a send ended. */
export type SendOutcome = Extract<OutgoingState, { kind: 'sent' | 'refused' }>;

export interface Sending {
  readonly clientMessageId: ClientMessageId;
  /** Never rejects; stays open as long as there is no link. A discarded or closed-over message ends as refused. */
  readonly settled: Promise<SendOutcome>;
}

/** One's own message reached somebody, or was read by them. */
export interface DeliveryChange {
  readonly id: string;
  readonly conversationId: ConversationId;
  /** Holds for this message and, for READ, for all before it. */
  readonly seq: number;
  readonly status: 'DELIVERED' | 'READ';
  readonly userId: string | undefined;
  readonly timestamp: string;
}

export interface ChatEvents {
  /** Every change; the present one is `session.state`. */
  state: (state: LinkState) => void;
  /** The first time in state `queued`, and then at each change of its state. */
  outgoing: (message: OutgoingMessage) => void;
  delivery: (change: DeliveryChange) => void;
  /** What the server refused, where no subscriber or outgoing message is told of it. */
  notice: (notice: ErrorNotice) => void;
}

export interface SubscribeOptions {
  /** Start behind this seq. Left out: start with the newest `backlog` messages. */
  readonly afterSeq?: number | undefined;
  /** 0 to 500, default 50; without meaning when `afterSeq` is given. 0: from now on. */
  readonly backlog?: number | undefined;
  /** In seq order, each once, without holes. */
  onMessage(message: ChatMessage): void;
  onTyping?: ((typing: Typing) => void) | undefined;
  /** More was missed than is caught up on (10,000): these seqs, both inclusive, are left out; `api.history` has them. */
  onSkipped?: ((range: { from: number; to: number }) => void) | undefined;
  /** The server ended or denied it (no member, removed, no such conversation). Nothing comes after it. */
  onEnded?: ((error: RtdError) => void) | undefined;
}

export interface ConversationSubscription {
  readonly conversationId: ConversationId;
  /** The newest seq that was handed over; 0 before the first. Give it as `afterSeq` to go on from here some other time. */
  readonly lastSeq: number;
  /** Resolves when the backlog was handed over, or the subscription ended. */
  readonly ready: Promise<void>;
  /** The page before everything handed over or paged so far, in seq order; `limit` 1 to 500, default 50. */
  older(limit?: number): Promise<HistoryPage>;
  close(): void;
}

export interface ChatSession {
  readonly api: HttpApi;
  readonly state: LinkState;
  /** Undefined until it is known. */
  readonly self: Self | undefined;
  /** What is not confirmed yet, in order. */
  readonly outgoing: readonly OutgoingMessage[];
  on<E extends keyof ChatEvents>(event: E, listener: ChatEvents[E]): Unsubscribe;

  /** Queues it and returns at once; it is sent in order, again after every cut, and stored once. */
  send(message: NewMessage): Sending;
  /** Tries a retrying message now. */
  retry(clientMessageId: string): void;
  /** Gives an unconfirmed message up. It may have been stored already. */
  discard(clientMessageId: string): void;

  subscribe(conversationId: string, options: SubscribeOptions): ConversationSubscription;
  /** Messages of every conversation of mine but global: first what this device has not got, then live; each once. */
  watchInbox(onMessage: (message: ChatMessage) => void): Unsubscribe;
  /** `onList` at the start and after each reconnect, then each change. */
  watchPresence(listeners: {
    onList(everybody: readonly PresenceEntry[]): void;
    onChange(presence: Presence): void;
  }): Unsubscribe;
  /** Who looks at this; on every change. */
  watchResource(resourceType: string, resourceId: string, onChange: (presence: ResourcePresence) => void): Unsubscribe;
  /** "I am looking at this", renewed until unsubscribed. */
  lookAt(resourceType: string, resourceId: string): Unsubscribe;

  /** The same object for the same conversation. */
  typing(conversationId: string): TypingSender;
  /** Everything up to `seq` is read. Sent at most once a second a conversation, the newest; kept over reconnects. */
  markRead(conversationId: string, seq: number): void;
  /** Kept over reconnects. */
  setPresence(status: PresenceStatus): void;
  /** A newer token of the same user: moves the connection's expiry, and serves for every later connect. */
  refreshToken(token: string): void;

  /** Tries at once, also out of `refused` and `offline`. */
  reconnectNow(): void;
  /** Cuts the link and stays off until `reconnectNow`. Messages wait in the outbox. */
  goOffline(): void;
  /** Ends everything, politely where there is a link; resolves when nothing of it is left. What is unconfirmed stays in the outbox store. */
  close(): Promise<void>;
}

/**
 * What a chat session needs of a transport. A wire lives once, over one connection (or one run of polling); the session
 * tells each new one what it wants, and holds what must outlive it: positions, the outbox, read marks.
 */
import type { Confirmation, ErrorNotice, Presence, ReadReceipt, ResourcePresence, Typing } from '@rtd/protocol';
import type { ConversationFeed } from './conversation-feed.ts';
import type { PresenceEntry } from './http-api.ts';
import type { Inbox } from './inbox.ts';
import type { LinkEnding } from './link-ending.ts';
import type { OutboxEntry } from './outbox-store.ts';

/** Something that the session wants from whatever wire there is. */
export type Want =
  | { readonly kind: 'conversation'; readonly feed: ConversationFeed }
  | { readonly kind: 'typing'; readonly destination: string; onTyping(typing: Typing): void }
  | { readonly kind: 'inbox'; readonly inbox: Inbox }
  | {
      readonly kind: 'presence';
      onList(everybody: readonly PresenceEntry[]): void;
      onChange(presence: Presence): void;
    }
  | { readonly kind: 'resource'; readonly destination: string; onChange(presence: ResourcePresence): void };

/** The true place of a message that was sent. */
export type Sent = Pick<Confirmation, 'id' | 'conversationId' | 'seq' | 'timestamp'>;

export interface ChatWire {
  readonly kind: 'live' | 'polling';
  /** Starts to bring it; the function that is returned stops that. */
  serve(want: Want): () => void;
  /**
   * Resolves once it is committed. Rejects with the RtdError that refuses it, or with `LinkLost` when the wire ended
   * first: whether it was stored is not known then.
   */
  deliver(entry: OutboxEntry): Promise<Sent>;
  /**
   * Says something that needs no answer (typing, read marks, presence). False where this transport has no way to;
   * `onDone` when the server has processed it.
   */
  tell(destination: string, body: unknown, onDone?: () => void): boolean;
  /** Politely. Nothing is reported after the call. */
  close(): Promise<void>;
  /** At once. */
  abort(): void;
}

/** What a wire reports to its session. */
export interface ChatWireEvents {
  ended(ending: LinkEnding): void;
  confirmation(confirmation: Confirmation): void;
  receipt(receipt: ReadReceipt): void;
  notice(notice: ErrorNotice): void;
}

/** The wire ended before there was an answer. */
export class LinkLost extends Error {
  constructor() {
    super('The link was lost before the server answered.');
    this.name = 'LinkLost';
  }
}

/** What the message store's threads are asked and answer. Plain data: it crosses a thread boundary. */
import type {
  Appended,
  ChangeMark,
  CommittedMessage,
  ConversationChange,
  ConversationRecord,
  ConversationView,
  CursorMove,
  DeliveredUpTo,
  InboxContents,
  MemberProgress,
  NewConversationRecord,
  NewMessage,
  StoreRefusal,
} from '../../chat/message-store.ts';

/** A change; many of them share a transaction. */
export type WriteCall =
  | { readonly call: 'append'; readonly messages: readonly NewMessage[] }
  | { readonly call: 'createConversation'; readonly conversation: NewConversationRecord }
  | {
      readonly call: 'changeMember';
      readonly change: 'add' | 'remove';
      readonly conversationId: string;
      readonly userId: string;
      readonly expectedRoster: number;
    }
  | { readonly call: 'advanceRead'; readonly userId: string; readonly conversationId: string; readonly seq: number }
  | {
      readonly call: 'advanceDelivered';
      readonly userId: string;
      readonly device: string;
      readonly upTo: readonly DeliveredUpTo[];
    }
  | { readonly call: 'knowDevice'; readonly userId: string; readonly device: string }
  /** Changes nothing, and so finds out whether there could be a change. */
  | { readonly call: 'check' };

export type ReadCall =
  | {
      readonly call: 'messages';
      readonly conversationId: string;
      readonly after: number | undefined;
      readonly before: number | undefined;
      readonly limit: number;
      readonly viewer: string | undefined;
    }
  | { readonly call: 'message'; readonly id: string }
  | { readonly call: 'conversation'; readonly id: string }
  | { readonly call: 'conversationsOf'; readonly userId: string }
  | {
      readonly call: 'inbox';
      readonly userId: string;
      readonly device: string;
      readonly limit: number;
      readonly only: string | undefined;
    }
  | { readonly call: 'changedSince'; readonly mark: string | undefined };

export interface StoreRequest {
  readonly id: number;
  /** Writes share one transaction; reads see one snapshot each. */
  readonly calls: readonly WriteCall[] | ReadCall;
}

export interface Refused {
  readonly refused: StoreRefusal;
  readonly message: string;
}

/** What each call resolves with. */
export interface Answers {
  readonly append: readonly Appended[];
  readonly createConversation: ConversationRecord;
  readonly changeMember: ConversationRecord | undefined;
  readonly advanceRead: CursorMove;
  readonly advanceDelivered: readonly CursorMove[];
  readonly knowDevice: undefined;
  readonly check: undefined;
  readonly messages: { readonly messages: readonly CommittedMessage[]; readonly progress: readonly MemberProgress[] };
  readonly message: CommittedMessage | undefined;
  readonly conversation: ConversationRecord | undefined;
  readonly conversationsOf: readonly ConversationView[];
  readonly inbox: InboxContents | 'unknown device';
  readonly changedSince: { readonly mark: ChangeMark; readonly changes: readonly ConversationChange[] };
}

/** The fate of one call: its value, or why it was refused. */
export type Outcome<Value = unknown> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refused };

/** `broken`: the database could not be used; nothing of the request is known to be done. */
export type StoreReply<Value = unknown> =
  | { readonly id: number; readonly outcomes: readonly Outcome<Value>[] }
  | { readonly id: number; readonly broken: Breakage };

export interface Breakage {
  /** For the log only. */
  readonly detail: string;
  readonly reason: 'full' | 'busy' | 'readonly' | 'missing' | 'corrupt' | 'newer' | 'failing';
}

/** Given to a thread as its workerData. */
export interface StoreThread {
  readonly path: string;
  readonly role: 'writer' | 'reader';
  /** How long to wait for another process that holds the file's lock. */
  readonly busyMillis: number;
}

/** A chat session's wire over one STOMP connection: everything arrives as it happens. */
import {
  ChatMessage,
  type ClientMessageId,
  Confirmation,
  destinations,
  ErrorNotice,
  GLOBAL_CONVERSATION,
  Presence,
  parseSubscribeDestination,
  ReadReceipt,
  ResourcePresence,
  RtdError,
  StompError,
  type StompFrame,
  Typing,
} from '@rtd/protocol';
import { type ChatWire, type ChatWireEvents, LinkLost, type Sent, type Want } from './chat-wire.ts';
import type { Clock, Timer } from './clock.ts';
import type { ConversationFeed } from './conversation-feed.ts';
import type { HttpApi } from './http-api.ts';
import { isErrorCode } from './http-request.ts';
import { endingOf, type LinkEnding } from './link-ending.ts';
import type { OutboxEntry } from './outbox-store.ts';
import { jsonBody, type StompConnection, type StompEnding } from './stomp-connection.ts';

/** How long a message may go unanswered; the connection is of no use then, and the next one sends it again. */
const ANSWER_MILLIS = 15_000;

export interface StompChatWireOptions {
  readonly connection: StompConnection;
  readonly api: HttpApi;
  readonly clock: Clock;
  /** The display name that a guest goes by. */
  readonly guestName: string | undefined;
  readonly events: ChatWireEvents;
}

interface Pending {
  readonly destination: string;
  receiptId: string;
  readonly timer: Timer;
  received: boolean;
  sent: Sent | undefined;
  resolve(sent: Sent): void;
  reject(reason: unknown): void;
}

interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

export class StompChatWire implements ChatWire {
  readonly kind = 'live';
  readonly #options: StompChatWireOptions;
  readonly #connection: StompConnection;
  readonly #abort = new AbortController();
  readonly #pending = new Map<ClientMessageId, Pending>();
  /** Subscription id -> what it is for: an ERROR names the one that was denied. */
  readonly #feeds = new Map<string, ConversationFeed>();

  /** `connection` is connected; whoever opened it passes its end on to `connectionOnEnded`. */
  constructor(options: StompChatWireOptions) {
    this.#options = options;
    this.#connection = options.connection;
    this.#listen(destinations.userQueue('confirmations'), Confirmation, (confirmation) => {
      this.#takeConfirmation(confirmation);
    });
    this.#listen(destinations.userQueue('receipts'), ReadReceipt, (receipt) => options.events.receipt(receipt));
    this.#listen(destinations.userQueue('errors'), ErrorNotice, (notice) => this.#takeNotice(notice));
  }

  connectionOnEnded(ending: StompEnding): void {
    const subscribed = ending.kind === 'error' ? this.#feeds.get(ending.receiptId ?? '') : undefined;
    this.#stop();
    if (subscribed !== undefined && ending.kind === 'error') {
      const error = new RtdError(ending.code ?? 'FORBIDDEN', ending.message);
      if (endsConversation(error)) {
        subscribed.end(error);
        this.#options.events.ended({ kind: 'again' });
        return;
      }
    }
    this.#options.events.ended(linkEndingOf(ending, this.#options.api.baseUrl));
  }

  serve(want: Want): () => void {
    switch (want.kind) {
      case 'conversation':
        return this.#follow(want.feed);
      case 'typing':
        return this.#listen(want.destination, Typing, (typing) => want.onTyping(typing));
      case 'inbox':
        return this.#listen(
          destinations.userQueue('messages'),
          ChatMessage,
          (message, frame) => {
            want.inbox.take(message);
            const ack = frame.headers.get('ack');
            if (ack !== undefined) this.#connection.ack(ack);
          },
          // Delivered is what the program has got, not what was written to a socket.
          { headers: { ack: 'client-individual' } },
        );
      case 'presence':
        return this.#watchPresence(want);
      case 'resource':
        return this.#listen(want.destination, ResourcePresence, (presence) => want.onChange(presence));
    }
  }

  deliver(entry: OutboxEntry): Promise<Sent> {
    if (this.#abort.signal.aborted) return Promise.reject(new LinkLost());
    const { clientMessageId, content, conversationId, recipientId } = entry;
    const global = recipientId === undefined && (conversationId ?? GLOBAL_CONVERSATION) === GLOBAL_CONVERSATION;
    const destination = global ? destinations.sendGlobal : destinations.send;
    const body = global
      ? { content, clientMessageId, sender: this.#options.guestName }
      : { content, clientMessageId, conversationId, recipientId };
    return new Promise<Sent>((resolve, reject) => {
      const timer = this.#options.clock.after(ANSWER_MILLIS, () => {
        this.#connection.fail({ kind: 'silent', connected: true });
      });
      const pending: Pending = { destination, receiptId: '', timer, received: false, sent: undefined, resolve, reject };
      this.#pending.set(clientMessageId, pending);
      pending.receiptId = this.#connection.send({
        destination,
        body,
        headers: entry.headers,
        onReceipt: () => {
          pending.received = true;
          this.#settleIfComplete(clientMessageId, pending);
        },
      });
    });
  }

  tell(destination: string, body: unknown, onDone?: () => void): boolean {
    this.#connection.send({ destination, body, onReceipt: onDone });
    return true;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#connection.disconnect();
  }

  abort(): void {
    this.#stop();
    this.#connection.close();
  }

  #stop(): void {
    this.#abort.abort(new LinkLost());
    for (const [clientMessageId, pending] of this.#pending)
      this.#settle(clientMessageId, pending).reject(new LinkLost());
    this.#feeds.clear();
  }

  #follow(feed: ConversationFeed): () => void {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, stop.signal]);
    let id: string | undefined;
    const failed = (thrown: unknown): void => {
      if (!signal.aborted) this.#feedFailed(feed, thrown);
    };
    const start = (position: number): void => {
      if (signal.aborted || feed.ended) return;
      id = this.#connection.subscribe({
        destination: destinations.conversation(feed.conversationId),
        headers: { 'after-seq': String(position) },
        onMessage: (frame) => feed.take(parseBody(ChatMessage, frame), signal, failed),
        onReceipt: () => feed.caughtUp(),
      });
      this.#feeds.set(id, feed);
    };
    feed.position(signal).then(start, failed);
    return () => {
      stop.abort(new LinkLost());
      if (id === undefined) return;
      this.#feeds.delete(id);
      this.#connection.unsubscribe(id);
    };
  }

  #feedFailed(feed: ConversationFeed, thrown: unknown): void {
    const error = thrown instanceof RtdError ? thrown : undefined;
    if (error !== undefined && endsConversation(error)) {
      feed.end(error);
      return;
    }
    this.#fail(thrown);
  }

  #fail(thrown: unknown): void {
    this.abort();
    this.#options.events.ended(endingOf(thrown));
  }

  #watchPresence(want: Extract<Want, { kind: 'presence' }>): () => void {
    // Changes that come before the list are newer than it may be.
    let early: Presence[] | undefined = [];
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, stop.signal]);
    const unsubscribe = this.#listen(
      destinations.presence,
      Presence,
      (presence) => {
        if (early === undefined) want.onChange(presence);
        else early.push(presence);
      },
      { onReceipt: () => void this.#options.api.presence(signal).then(listed, failed) },
    );
    const listed = (everybody: Awaited<ReturnType<HttpApi['presence']>>): void => {
      if (signal.aborted) return;
      want.onList(everybody);
      for (const presence of early ?? []) want.onChange(presence);
      early = undefined;
    };
    const failed = (thrown: unknown): void => {
      if (!signal.aborted) this.#fail(thrown);
    };
    return () => {
      stop.abort(new LinkLost());
      unsubscribe();
    };
  }

  #listen<T>(
    destination: string,
    schema: Schema<T>,
    onValue: (value: T, frame: StompFrame) => void,
    more: { headers?: Readonly<Record<string, string>>; onReceipt?: () => void } = {},
  ): () => void {
    const id = this.#connection.subscribe({
      destination,
      ...more,
      onMessage: (frame) => onValue(parseBody(schema, frame), frame),
    });
    return () => this.#connection.unsubscribe(id);
  }

  #takeConfirmation(confirmation: Confirmation): void {
    this.#options.events.confirmation(confirmation);
    if (confirmation.clientMessageId === undefined || confirmation.status !== 'SENT') return;
    const pending = this.#pending.get(confirmation.clientMessageId);
    if (pending === undefined) return;
    pending.sent = confirmation;
    this.#settleIfComplete(confirmation.clientMessageId, pending);
  }

  /** The confirmation says where it is, the RECEIPT that it is stored: both have to be there. */
  #settleIfComplete(clientMessageId: ClientMessageId, pending: Pending): void {
    if (pending.received && pending.sent !== undefined) this.#settle(clientMessageId, pending).resolve(pending.sent);
  }

  #settle(clientMessageId: ClientMessageId, pending: Pending): Pending {
    pending.timer.cancel();
    this.#connection.forgetReceipt(pending.receiptId);
    this.#pending.delete(clientMessageId);
    return pending;
  }

  #takeNotice(notice: ErrorNotice): void {
    const refused = this.#refusedBy(notice);
    if (refused !== undefined) {
      this.#settle(...refused).reject(errorOf(notice));
      return;
    }
    const feeds = this.#feedsMeant(notice);
    if (feeds.length > 0 && endsConversation(errorOf(notice))) for (const feed of feeds) feed.end(errorOf(notice));
    // The subscriber of a truncated resume is told by what it gets.
    else if (feeds.length === 0 || notice.code !== 'RESUME_TRUNCATED') this.#options.events.notice(notice);
  }

  /** The message that the notice refuses: named, or the only one on its way there. */
  #refusedBy({ clientMessageId, destination }: ErrorNotice): [ClientMessageId, Pending] | undefined {
    for (const [id, pending] of this.#pending) {
      const meant = clientMessageId === undefined ? pending.destination === destination : id === clientMessageId;
      if (meant) return [id, pending];
    }
    return undefined;
  }

  /** The subscriptions that the notice is about. */
  #feedsMeant({ destination }: ErrorNotice): ConversationFeed[] {
    const subscription = destination === undefined ? undefined : parseSubscribeDestination(destination);
    if (subscription?.of !== 'conversation') return [];
    return [...this.#feeds.values()].filter((feed) => feed.conversationId === subscription.conversationId);
  }
}

/** A refusal that trying again does not change. */
export function endsConversation(error: RtdError): boolean {
  return (
    error.code === 'FORBIDDEN' ||
    error.code === 'VALIDATION' ||
    (error.code === 'NOT_FOUND' && error.name === 'RtdError')
  );
}

function parseBody<T>(schema: Schema<T>, frame: StompFrame): T {
  const parsed = schema.safeParse(jsonBody(frame));
  if (parsed.success) return parsed.data;
  throw new StompError(
    'malformed-command',
    `The server sent a message on ${frame.headers.get('destination') ?? 'a subscription'} that this client does not understand.`,
  );
}

function errorOf(notice: ErrorNotice): RtdError {
  const code = isErrorCode(notice.code) ? notice.code : 'INTERNAL';
  const { retryAfterMillis } = notice;
  return new RtdError(code, notice.message, retryAfterMillis === undefined ? {} : { retryAfterMillis });
}

/** What the end of a connection that was up means for the link. */
export function linkEndingOf(ending: StompEnding, baseUrl: string): LinkEnding {
  switch (ending.kind) {
    case 'not-opened':
      return { kind: 'lost', why: `No WebSocket to ${baseUrl} could be opened.` };
    case 'silent':
      return { kind: 'lost', why: `${baseUrl} has gone silent.` };
    case 'garbled':
      return { kind: 'lost', why: `${baseUrl} sent something that is no STOMP: ${ending.message}` };
    case 'error':
      return { kind: 'lost', why: `${baseUrl} ended the connection: ${ending.message}` };
    case 'lost':
      return {
        kind: 'lost',
        why:
          ending.code === 1012
            ? `${baseUrl} is restarting.`
            : `The connection to ${baseUrl} was lost${ending.reason === '' ? '' : `: ${ending.reason}`}.`,
      };
  }
}

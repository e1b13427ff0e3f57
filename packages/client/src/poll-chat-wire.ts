/**
 * A chat session's wire over plain HTTP, for where no WebSocket gets through: long polling for messages, POST to send.
 * Conversations, the inbox and the presence list work as over STOMP, a little later. Typing, read marks, one's own status
 * and who looks at what have no HTTP route: `tell` says so, and they wait for a WebSocket.
 */
import { type ConversationSummary, GLOBAL_CONVERSATION, type Presence, RtdError } from '@rtd/protocol';
import { Backoff } from './backoff.ts';
import { type ChatWire, type ChatWireEvents, LinkLost, type Sent, type Want } from './chat-wire.ts';
import type { Clock } from './clock.ts';
import type { ConversationFeed } from './conversation-feed.ts';
import type { HttpApi, PresenceEntry } from './http-api.ts';
import type { Inbox } from './inbox.ts';
import { endingOf } from './link-ending.ts';
import type { OutboxEntry } from './outbox-store.ts';
import { pause } from './pause.ts';
import { endsConversation } from './stomp-chat-wire.ts';

/** As long as a server holds a request open (contract, section 1). */
const WAIT_SECONDS = 25;
/** An empty answer before this was not held open: asking again at once would be a storm. */
const HELD_MILLIS = 10_000;
const PAGE = 500;

export interface PollChatWireOptions {
  readonly api: HttpApi;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: ChatWireEvents;
  /** The server has answered, and knows us. */
  onUp(): void;
}

export class PollChatWire implements ChatWire {
  readonly kind = 'polling';
  readonly #options: PollChatWireOptions;
  readonly #abort = new AbortController();

  constructor(options: PollChatWireOptions) {
    this.#options = options;
    this.#loop(this.#abort.signal, async (signal) => {
      // Also the sign of life of a session that wants nothing.
      await options.api.conversations(signal);
      options.onUp();
      await pause(this.#options.clock, WAIT_SECONDS * 1_000, signal);
    });
  }

  get ended(): boolean {
    return this.#abort.signal.aborted;
  }

  serve(want: Want): () => void {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, stop.signal]);
    switch (want.kind) {
      case 'conversation':
        this.#follow(want.feed, signal);
        break;
      case 'inbox':
        this.#pollInbox(want.inbox, signal);
        break;
      case 'presence':
        this.#pollPresence(want, signal);
        break;
      case 'typing':
      case 'resource':
        break;
    }
    return () => stop.abort(new LinkLost());
  }

  async deliver({ content, clientMessageId, conversationId, recipientId }: OutboxEntry): Promise<Sent> {
    const { signal } = this.#abort;
    try {
      const body = { content, clientMessageId, conversationId, recipientId };
      const { id, seq, timestamp, conversationId: trueId } = await this.#options.api.postMessage(body, signal);
      return { id, seq, timestamp, conversationId: trueId };
    } catch (thrown) {
      if (signal.aborted) throw new LinkLost();
      if (thrown instanceof RtdError && !isAboutTheLink(thrown)) throw thrown;
      this.#fail(thrown);
      throw new LinkLost();
    }
  }

  tell(): boolean {
    return false;
  }

  close(): Promise<void> {
    this.abort();
    return Promise.resolve();
  }

  abort(): void {
    this.#abort.abort(new LinkLost());
  }

  #follow(feed: ConversationFeed, signal: AbortSignal): void {
    const idle = new Backoff(this.#options.random);
    const { api, clock } = this.#options;
    const broken = (thrown: unknown): void => this.#fail(thrown);
    const poll = async (): Promise<void> => {
      const after = await feed.position(signal);
      const askedAt = clock.now();
      const { conversationId } = feed;
      const page = await api.pollMessages({ conversationId, after, waitSeconds: WAIT_SECONDS }, signal);
      signal.throwIfAborted();
      for (const message of page.messages) feed.take(message, signal, broken);
      if (!page.hasMore) feed.caughtUp();
      if (page.messages.length > 0) idle.reset();
      else if (clock.now() - askedAt < HELD_MILLIS) await pause(clock, idle.next(), signal);
    };
    this.#loop(signal, poll, (thrown) => {
      if (!(thrown instanceof RtdError) || !endsConversation(thrown)) return false;
      feed.end(thrown);
      return true;
    });
  }

  /** There is no long poll over all conversations: their list says which have something new. */
  #pollInbox(inbox: Inbox, signal: AbortSignal): void {
    const idle = new Backoff(this.#options.random);
    this.#loop(signal, async () => {
      let news = false;
      for (const conversation of await this.#options.api.conversations(signal)) {
        news = (await this.#readNew(inbox, conversation, signal)) || news;
      }
      if (news) idle.reset();
      await pause(this.#options.clock, idle.next(), signal);
    });
  }

  async #readNew(inbox: Inbox, conversation: ConversationSummary, signal: AbortSignal): Promise<boolean> {
    const { id, lastSeq, readSeq } = conversation;
    if (id === GLOBAL_CONVERSATION) return false;
    let news = false;
    for (let at = inbox.cursorOf(id) ?? readSeq; at < lastSeq; ) {
      const page = await this.#options.api.history({ conversationId: id, after: at, limit: PAGE }, signal);
      signal.throwIfAborted();
      const newest = page.messages.at(-1);
      if (newest === undefined) break;
      for (const message of page.messages) inbox.take(message);
      at = newest.seq;
      news = true;
    }
    return news;
  }

  #pollPresence(want: Extract<Want, { kind: 'presence' }>, signal: AbortSignal): void {
    const idle = new Backoff(this.#options.random);
    let known: ReadonlyMap<string, PresenceEntry> | undefined;
    this.#loop(signal, async () => {
      const everybody = await this.#options.api.presence(signal);
      signal.throwIfAborted();
      const changes = known === undefined ? [] : changesSince(known, everybody, this.#options.clock.now());
      if (known === undefined) want.onList(everybody);
      for (const change of changes) want.onChange(change);
      known = new Map(everybody.map((entry) => [entry.userId, entry]));
      if (changes.length > 0) idle.reset();
      await pause(this.#options.clock, idle.next(), signal);
    });
  }

  /** Runs `turn` again and again until `signal` aborts, `ends` says that this was the end, or the wire fails. */
  #loop(
    signal: AbortSignal,
    turn: (signal: AbortSignal) => Promise<void>,
    ends: (thrown: unknown) => boolean = () => false,
  ): void {
    const run = async (): Promise<void> => {
      while (!signal.aborted) await turn(signal);
    };
    run().catch((thrown: unknown) => {
      if (!signal.aborted && !ends(thrown)) this.#fail(thrown);
    });
  }

  #fail(thrown: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.abort();
    this.#options.events.ended(endingOf(thrown));
  }
}

/** A refusal that says nothing of the message itself: whoever is on the way, or who we are. */
function isAboutTheLink(error: RtdError): boolean {
  return error.name === 'UnreachableError' || error.code === 'UNAUTHENTICATED';
}

function changesSince(
  known: ReadonlyMap<string, PresenceEntry>,
  everybody: readonly PresenceEntry[],
  now: number,
): Presence[] {
  const timestamp = new Date(now).toISOString();
  return everybody
    .filter(({ userId, status, userName }) => {
      const before = known.get(userId);
      return before?.status !== status || before.userName !== userName;
    })
    .map((entry) => ({ ...entry, timestamp }));
}

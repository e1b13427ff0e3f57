/**
 * One subscriber's view of a conversation, the same over every connection and transport under it. It promises each
 * message once, in seq order, without holes: what comes twice is dropped, what is missing is fetched from the history,
 * and only where more is missing than is caught up on, that is said (`onSkipped`) and left out.
 */
import type { ChatMessage, ConversationId, HistoryPage, RtdError } from '@rtd/protocol';
import { callListener } from './call-listener.ts';
import type { ConversationSubscription, SubscribeOptions } from './chat-session.ts';
import type { HttpApi } from './http-api.ts';

/** As much as a server resends (contract, section 9). */
const CATCH_UP_LIMIT = 10_000;
/** What may wait for a hole before it to be filled. */
const HELD_LIMIT = 2 * CATCH_UP_LIMIT;
const PAGE = 500;

export interface ConversationFeedOptions {
  readonly conversationId: ConversationId;
  readonly subscribe: SubscribeOptions;
  readonly api: HttpApi;
  onClosed(): void;
}

export class ConversationFeed implements ConversationSubscription {
  readonly conversationId: ConversationId;
  readonly ready: Promise<void>;
  readonly #options: ConversationFeedOptions;
  readonly #resolveReady: () => void;
  /** The seq behind which to go on; undefined until it is known. */
  #position: number | undefined;
  #lastSeq = 0;
  #oldestSeq: number | undefined;
  /** What came too early: waits for the hole before it to be filled. */
  #held: ChatMessage[] | undefined;
  #ended = false;

  constructor(options: ConversationFeedOptions) {
    this.#options = options;
    this.conversationId = options.conversationId;
    this.#position = options.subscribe.afterSeq;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#resolveReady = resolve;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Where a connection has to go on: the seq behind which it delivers. The first time this hands the backlog over.
   * Rejects with what the history said, or with what `signal` aborted.
   */
  async position(signal: AbortSignal): Promise<number> {
    // What waited for a hole to be filled comes again behind the position.
    this.#held = undefined;
    if (this.#position !== undefined) return this.#position;
    const { api, subscribe } = this.#options;
    const backlog = Math.min(Math.max(Math.trunc(subscribe.backlog ?? 50), 0), PAGE);
    const page = await api.history({ conversationId: this.conversationId, limit: Math.max(backlog, 1) }, signal);
    signal.throwIfAborted();
    // Two connections in a row may have asked: the first answer counts.
    if (this.#position !== undefined) return this.#position;
    const first = page.messages[backlog === 0 ? page.messages.length : 0];
    const newest = page.messages.at(-1)?.seq ?? 0;
    this.#position = first === undefined ? newest : first.seq - 1;
    if (first !== undefined) for (const message of page.messages) this.#handOver(message);
    this.caughtUp();
    return this.#position;
  }

  /** Everything that was missed has been handed over. */
  caughtUp(): void {
    this.#resolveReady();
  }

  /**
   * The next message as a connection brings it, in any order and any number of times. `broken` is called when a hole
   * cannot be filled now: the connection has to begin again at `position`.
   */
  take(message: ChatMessage, signal: AbortSignal, broken: (thrown: unknown) => void): void {
    if (this.#ended || this.#position === undefined || message.seq <= this.#position) return;
    if (this.#held !== undefined) {
      if (this.#held.length < HELD_LIMIT) this.#held.push(message);
      else broken(new Error('too many messages wait for missing ones'));
      return;
    }
    if (message.seq === this.#position + 1) {
      this.#handOver(message);
      return;
    }
    this.#held = [message];
    this.#fillHole(message.seq, signal, broken).catch(broken);
  }

  async older(limit = 50): Promise<HistoryPage> {
    const before = this.#oldestSeq ?? (this.#position === undefined ? undefined : this.#position + 1);
    const page = await this.#options.api.history({ conversationId: this.conversationId, before, limit });
    this.#oldestSeq = page.messages[0]?.seq ?? before;
    return page;
  }

  /** The server has ended it: nothing comes after. */
  end(error: RtdError): void {
    if (this.#ended) return;
    this.close();
    callListener((reason) => this.#options.subscribe.onEnded?.(reason), error);
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#held = undefined;
    this.#resolveReady();
    this.#options.onClosed();
  }

  async #fillHole(nextSeq: number, signal: AbortSignal, broken: (thrown: unknown) => void): Promise<void> {
    const { api, subscribe } = this.#options;
    const position = this.#position ?? 0;
    if (nextSeq - position - 1 > CATCH_UP_LIMIT) {
      this.#position = nextSeq - 1;
      callListener((range) => subscribe.onSkipped?.(range), { from: position + 1, to: nextSeq - 1 });
    }
    for (let at = this.#position ?? 0; at < nextSeq - 1; ) {
      const page = await api.history({ conversationId: this.conversationId, after: at, limit: PAGE }, signal);
      signal.throwIfAborted();
      for (const message of page.messages) this.#handOver(message);
      if ((this.#position ?? 0) <= at) throw new Error('the history does not have the missing messages');
      at = this.#position ?? 0;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.take(message, signal, broken);
  }

  #handOver(message: ChatMessage): void {
    if (this.#ended || this.#position === undefined || message.seq !== this.#position + 1) return;
    this.#position = message.seq;
    this.#lastSeq = message.seq;
    this.#oldestSeq ??= message.seq;
    callListener((next) => this.#options.subscribe.onMessage(next), message);
  }
}

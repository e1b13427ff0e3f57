/** Makes a chat session: what must outlive every connection is here, and each new wire is told of it. */
import {
  type ConversationId,
  ConversationId as ConversationIdSchema,
  ConversationSend,
  DeviceId,
  destinations,
  type Presence,
  type PresenceStatus,
  parseOrRefuse,
  type ResourcePresence,
  ResourceSend,
  RtdError,
  type Typing,
} from '@rtd/protocol';
import { callListener } from './call-listener.ts';
import { ChatLink } from './chat-link.ts';
import type {
  ChatEvents,
  ChatOptions,
  ChatSession,
  ConversationSubscription,
  NewMessage,
  OutgoingMessage,
  Sending,
  SubscribeOptions,
} from './chat-session.ts';
import type { ChatWire, Want } from './chat-wire.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { ConversationFeed } from './conversation-feed.ts';
import { Emitter } from './emitter.ts';
import { type HttpApi, httpApiOf, type PresenceEntry } from './http-api.ts';
import { Credentials, type Self } from './identity.ts';
import { Inbox } from './inbox.ts';
import type { LinkState, Unsubscribe } from './link-state.ts';
import { Outbox } from './outbox.ts';
import { memoryOutboxStore } from './outbox-store.ts';
import { newClientMessageId, newGuestId } from './random-ids.ts';
import { ReadMarks } from './read-marks.ts';
import { parseServerAddress } from './server-address.ts';
import { TokenRenewal } from './token-renewal.ts';
import { TypingMark, type TypingSender } from './typing-sender.ts';

/** Presence on a resource ends after 120 s without (contract, section 2). */
const LOOK_MILLIS = 50_000;

/** Starts at once and returns before there is a link. @throws RtdError VALIDATION for an address or a name that cannot be one. */
export function connectChat(options: ChatOptions): ChatSession {
  return new ReconnectingChatSession(options);
}

class ReconnectingChatSession implements ChatSession {
  readonly api: HttpApi;
  readonly #clock: Clock;
  readonly #emitter = new Emitter<ChatEvents>();
  readonly #credentials: Credentials;
  readonly #outbox: Outbox;
  readonly #readMarks: ReadMarks;
  readonly #tokenRenewal: TokenRenewal;
  readonly #link: ChatLink;
  readonly #inbox = new Inbox();
  readonly #typing = new Map<ConversationId, TypingMark>();
  /** What is wanted, and how to stop the present wire from bringing it. */
  readonly #wants = new Map<Want, (() => void) | undefined>();
  readonly #looks = new Set<Timer>();
  #stopInbox: Unsubscribe | undefined;
  #wire: ChatWire | undefined;
  #presence: PresenceStatus | undefined;
  #self: Self | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ChatOptions) {
    const address = parseServerAddress(options.url);
    const { identity = {}, clock = systemClock, random = Math.random } = options;
    const anonymous = identity.userId === undefined && identity.token === undefined;
    this.#clock = clock;
    this.#credentials = new Credentials(anonymous ? { ...identity, userId: newGuestId() } : identity);
    this.api = httpApiOf({
      baseUrl: address.baseUrl,
      // Browsers want `fetch` to be called on its window.
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      clock,
      credentials: this.#credentials,
    });
    this.#self = this.#credentials.userId === undefined ? undefined : { userId: this.#credentials.userId };
    this.#readMarks = new ReadMarks(clock);
    this.#tokenRenewal = new TokenRenewal(clock, this.#credentials, (userId) => {
      this.#self ??= { userId };
    });
    this.#outbox = new Outbox({
      store: options.outbox ?? memoryOutboxStore(),
      clock,
      random,
      onChange: (message) => this.#emitter.emit('outgoing', message),
      onStoreTrouble: (error) => {
        const { code, message, retryable } = error;
        this.#emitter.emit('notice', { code, message, retryable, timestamp: isoTime(clock.now()) });
      },
    });
    this.#link = new ChatLink({
      transport: options.transport ?? 'auto',
      webSocketUrl: address.webSocketUrl,
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
      api: this.api,
      credentials: this.#credentials,
      device: options.device === undefined ? undefined : parseOrRefuse(DeviceId, options.device, 'device'),
      guestName: anonymous ? identity.name : undefined,
      clock,
      random,
      onWire: options.onWire,
      events: {
        confirmation: ({ id, conversationId, seq, status, userId, timestamp }) => {
          if (status === 'SENT') return;
          this.#emitter.emit('delivery', { id, conversationId, seq, status, userId, timestamp });
        },
        receipt: ({ id, conversationId, seq, status, readerId, timestamp }) => {
          this.#emitter.emit('delivery', { id, conversationId, seq, status, userId: readerId, timestamp });
        },
        notice: (notice) => this.#emitter.emit('notice', notice),
      },
      onState: (state) => this.#emitter.emit('state', state),
      onWireChange: (wire) => this.#takeWire(wire),
      onSelf: (userId) => {
        this.#self = { userId };
      },
    });
    this.#link.start();
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get self(): Self | undefined {
    return this.#self;
  }

  get outgoing(): readonly OutgoingMessage[] {
    return this.#outbox.messages;
  }

  on<E extends keyof ChatEvents>(event: E, listener: ChatEvents[E]): Unsubscribe {
    return this.#emitter.on(event, listener);
  }

  send(message: NewMessage): Sending {
    const parsed = ConversationSend.safeParse(message);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const text = `The message's ${issue?.path.join('.') ?? 'text'} ${issue?.message ?? 'does not fit'}.`;
      const settled = Promise.resolve({ kind: 'refused', error: new RtdError('VALIDATION', text) } as const);
      return { clientMessageId: newClientMessageId(), settled };
    }
    const { content, conversationId, recipientId, clientMessageId = newClientMessageId() } = parsed.data;
    const { headers } = message;
    const createdAt = isoTime(this.#clock.now());
    return {
      clientMessageId,
      settled: this.#outbox.add({ clientMessageId, content, conversationId, recipientId, headers, createdAt }),
    };
  }

  retry(clientMessageId: string): void {
    this.#outbox.retry(clientMessageId);
  }

  discard(clientMessageId: string): void {
    this.#outbox.discard(clientMessageId);
  }

  subscribe(conversationId: string, options: SubscribeOptions): ConversationSubscription {
    const id = parseOrRefuse(ConversationIdSchema, conversationId, 'conversationId');
    const stops: Unsubscribe[] = [];
    const feed = new ConversationFeed({
      conversationId: id,
      subscribe: options,
      api: this.api,
      onClosed: () => {
        for (const stop of stops) stop();
      },
    });
    const { onTyping } = options;
    stops.push(this.#want({ kind: 'conversation', feed }));
    if (onTyping !== undefined && !feed.ended) {
      const listener = (typing: Typing): void => callListener(onTyping, typing);
      stops.push(this.#want({ kind: 'typing', destination: destinations.typingOf(id), onTyping: listener }));
    }
    return feed;
  }

  watchInbox(onMessage: Parameters<ChatSession['watchInbox']>[0]): Unsubscribe {
    this.#inbox.add(onMessage);
    this.#stopInbox ??= this.#want({ kind: 'inbox', inbox: this.#inbox });
    return () => {
      this.#inbox.remove(onMessage);
      if (this.#inbox.listeners > 0) return;
      this.#stopInbox?.();
      this.#stopInbox = undefined;
    };
  }

  watchPresence(listeners: Parameters<ChatSession['watchPresence']>[0]): Unsubscribe {
    return this.#want({
      kind: 'presence',
      onList: (everybody: readonly PresenceEntry[]) => callListener((list) => listeners.onList(list), everybody),
      onChange: (presence: Presence) => callListener((change) => listeners.onChange(change), presence),
    });
  }

  watchResource(resourceType: string, resourceId: string, onChange: (presence: ResourcePresence) => void): Unsubscribe {
    const resource = parseOrRefuse(ResourceSend, { resourceType, resourceId }, 'resource');
    const destination = `${destinations.presence}/${resource.resourceType}/${resource.resourceId}`;
    return this.#want({ kind: 'resource', destination, onChange: (presence) => callListener(onChange, presence) });
  }

  lookAt(resourceType: string, resourceId: string): Unsubscribe {
    const resource = parseOrRefuse(ResourceSend, { resourceType, resourceId }, 'resource');
    let timer: Timer | undefined;
    const look = (): void => {
      if (timer !== undefined) this.#looks.delete(timer);
      this.#wire?.tell(destinations.heartbeat, resource);
      timer = this.#clock.after(LOOK_MILLIS, look);
      this.#looks.add(timer);
    };
    const stopState = this.on('state', (state) => {
      if (state.kind === 'live') this.#wire?.tell(destinations.heartbeat, resource);
    });
    look();
    return () => {
      stopState();
      timer?.cancel();
      if (timer !== undefined) this.#looks.delete(timer);
    };
  }

  typing(conversationId: string): TypingSender {
    const id = parseOrRefuse(ConversationIdSchema, conversationId, 'conversationId');
    const known = this.#typing.get(id);
    if (known !== undefined) return known;
    const mark = new TypingMark(this.#clock, (isTyping) => {
      this.#wire?.tell(destinations.typing(id), { isTyping });
    });
    this.#typing.set(id, mark);
    return mark;
  }

  markRead(conversationId: string, seq: number): void {
    this.#readMarks.mark(parseOrRefuse(ConversationIdSchema, conversationId, 'conversationId'), seq);
  }

  setPresence(status: PresenceStatus): void {
    this.#presence = status;
    this.#wire?.tell(destinations.userPresence, { status });
  }

  refreshToken(token: string): void {
    this.#credentials.replaceToken(token);
    this.#wire?.tell(destinations.authRefresh, { token });
    if (this.state.kind === 'refused') this.#link.reconnectNow();
  }

  reconnectNow(): void {
    this.#link.reconnectNow();
  }

  goOffline(): void {
    this.#link.goOffline();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const mark of this.#typing.values()) mark.close();
    for (const timer of this.#looks) timer.cancel();
    this.#looks.clear();
    this.#readMarks.close();
    this.#tokenRenewal.detach();
    this.#outbox.detach();
    await this.#link.close();
    await this.#outbox.close();
    for (const want of [...this.#wants.keys()]) if (want.kind === 'conversation') want.feed.close();
    this.#wants.clear();
  }

  #want(want: Want): Unsubscribe {
    if (this.#closed !== undefined) return () => {};
    this.#wants.set(want, this.#wire?.serve(want));
    return () => {
      const stop = this.#wants.get(want);
      this.#wants.delete(want);
      stop?.();
    };
  }

  #takeWire(wire: ChatWire | undefined): void {
    this.#wire = wire;
    // The wire that is gone took what it brought with it.
    for (const want of this.#wants.keys()) this.#wants.set(want, undefined);
    if (wire === undefined) {
      this.#outbox.detach();
      this.#readMarks.detach();
      this.#tokenRenewal.detach();
      return;
    }
    if (this.#presence !== undefined) wire.tell(destinations.userPresence, { status: this.#presence });
    for (const want of [...this.#wants.keys()]) {
      if (this.#wire === wire && this.#wants.has(want)) this.#wants.set(want, wire.serve(want));
    }
    this.#readMarks.attach(wire);
    this.#outbox.attach(wire);
    this.#tokenRenewal.attach(wire);
  }
}

function isoTime(epochMillis: number): string {
  return new Date(epochMillis).toISOString();
}

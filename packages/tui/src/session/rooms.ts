/**
 * Between the sessions of `@rtd/client` and the store: what comes from the server becomes events, what the user does goes
 * out. Ticks are gathered for a moment, so that a busy market costs a few events a second.
 */
import type {
  ChatSession,
  Clock,
  ConversationSubscription,
  MarketStream,
  OutgoingMessage,
  Timer,
  Unsubscribe,
} from '@rtd/client';
import { type ConversationId, GLOBAL_CONVERSATION, type Tick } from '@rtd/protocol';
import type { FrameStore } from '../state/frame-store.ts';
import { MAX_SAMPLES, SAMPLE_MILLIS } from '../state/market.ts';
import type { Terminal, TerminalEvent } from '../state/terminal.ts';

export interface Rooms {
  /** Sends to the conversation on the screen; it is shown at once. */
  send(content: string): void;
  typed(): void;
  stoppedTyping(): void;
  /** Asks for the page before the first message, unless that is under way or there is none. */
  loadOlder(): void;
  /** Tries the newest message that waits for a retry now; false where there is none. */
  retry(): boolean;
  /** Gives up the newest message that is not stored; its text, or undefined where there is none. */
  discard(): string | undefined;
  reconnect(): void;
  /** What is neither stored nor refused. */
  unsent(): readonly OutgoingMessage[];
  /** Resolves when nothing is unsent any more, or after `millis`. */
  settled(millis: number): Promise<void>;
  close(): Promise<void>;
}

export interface RoomsOptions {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly chat: ChatSession;
  readonly market: MarketStream;
  readonly clock: Clock;
}

const BACKLOG = 100;
const PAGE = 100;
const TICK_GATHER_MILLIS = 100;
/** Sparklines of this many symbols are filled from the server's candles at the start. */
const PAST_FOR_SYMBOLS = 16;

export function openRooms({ store, chat, market, clock }: RoomsOptions): Rooms {
  const conversationId: ConversationId = GLOBAL_CONVERSATION;
  const ended: Unsubscribe[] = [];
  const stop = new AbortController();

  ended.push(
    chat.on('state', (state) => {
      store.dispatch({ kind: 'link', link: 'chat', state });
      learnSelf();
    }),
    chat.on('outgoing', (message) => {
      store.dispatch({ kind: 'chat', event: { kind: 'outgoing', message } });
      if (message.state.kind === 'sending') learnSelf();
    }),
    chat.on('delivery', (change) => store.dispatch({ kind: 'chat', event: { kind: 'delivery', change } })),
    chat.on('notice', (notice) => {
      const until = clock.now() + 8_000;
      store.dispatch({ kind: 'noticed', notice: { tone: 'warn', text: notice.message, until } });
    }),
  );
  const learnSelf = (): void => {
    if (chat.self !== undefined) store.dispatch({ kind: 'self', userId: chat.self.userId });
  };
  store.dispatch({ kind: 'link', link: 'chat', state: chat.state });
  for (const message of chat.outgoing) store.dispatch({ kind: 'chat', event: { kind: 'outgoing', message } });
  learnSelf();

  const subscription: ConversationSubscription = chat.subscribe(conversationId, {
    backlog: BACKLOG,
    onMessage: (message) => store.dispatch({ kind: 'chat', event: { kind: 'message', message } }),
    onTyping: (typing) => {
      if (typing.userId === chat.self?.userId) return;
      store.dispatch({ kind: 'chat', event: { kind: 'typing', typing, now: clock.now() } });
    },
    onSkipped: ({ from, to }) => {
      const text = `${to - from + 1} messages of while you were away are left out here; the server has them.`;
      store.dispatch({ kind: 'noticed', notice: { tone: 'warn', text, until: undefined } });
    },
    onEnded: (error) => {
      store.dispatch({ kind: 'noticed', notice: { tone: 'bad', text: error.message, until: undefined } });
    },
  });
  void subscription.ready.then(() => store.dispatch({ kind: 'chat', event: { kind: 'backlog-ready' } }));
  let markedSeq = 0;
  /** Read is what was on the screen: while somebody looks at the past, what comes is not. */
  const markSeen = (): void => {
    const { scroll, chat: drawn } = store.shown();
    const newest = drawn.messages.at(-1)?.seq ?? 0;
    if (scroll.kind !== 'end' || newest <= markedSeq) return;
    markedSeq = newest;
    chat.markRead(conversationId, newest);
  };
  ended.push(
    () => subscription.close(),
    store.subscribe(markSeen),
    chat.watchPresence({
      onList: (everybody) => store.dispatch({ kind: 'people', event: { kind: 'everybody', everybody } }),
      onChange: (presence) => store.dispatch({ kind: 'people', event: { kind: 'presence', presence } }),
    }),
  );

  let gathered: Tick[] = [];
  let gathering: Timer | undefined;
  const handOver = (): void => {
    gathering?.cancel();
    gathering = undefined;
    const ticks = gathered;
    gathered = [];
    store.dispatch({ kind: 'market', event: { kind: 'ticks', ticks, now: clock.now() } });
  };
  let pastAsked = false;
  ended.push(
    market.on('state', (state) => store.dispatch({ kind: 'link', link: 'market', state })),
    market.on('snapshot', (ticks) => {
      handOver();
      store.dispatch({ kind: 'market', event: { kind: 'snapshot', ticks, now: clock.now() } });
      if (!pastAsked) {
        pastAsked = true;
        void loadPast(ticks.slice(0, PAST_FOR_SYMBOLS).map(({ symbol }) => symbol));
      }
    }),
    market.on('tick', (tick) => {
      gathered.push(tick);
      gathering ??= clock.after(TICK_GATHER_MILLIS, handOver);
    }),
    () => gathering?.cancel(),
  );
  store.dispatch({ kind: 'link', link: 'market', state: market.state });

  /** A nicety: without it the sparklines begin empty. */
  const loadPast = async (symbols: readonly string[]): Promise<void> => {
    for (const symbol of symbols) {
      try {
        const candles = await market.api.candles(symbol, '1s', MAX_SAMPLES, stop.signal);
        const prices = candles.map(({ c }) => c);
        const until = (candles.at(-1)?.t ?? clock.now()) + SAMPLE_MILLIS;
        store.dispatch({ kind: 'market', event: { kind: 'past', symbol, prices, until } });
      } catch {
        return;
      }
    }
  };

  const loadOlder = async (before: number): Promise<void> => {
    store.dispatch({ kind: 'chat', event: { kind: 'older-asked' } });
    try {
      const page = await chat.api.history({ conversationId, before, limit: PAGE }, stop.signal);
      store.dispatch({ kind: 'chat', event: { kind: 'older', ...page } });
    } catch {
      store.dispatch({ kind: 'chat', event: { kind: 'older-failed' } });
    }
  };

  const unsent = (): readonly OutgoingMessage[] =>
    store.state.chat.outgoing.filter(({ state }) => state.kind !== 'sent' && state.kind !== 'refused');

  return {
    send: (content) => {
      chat.send({ content, conversationId });
      chat.typing(conversationId).stopped();
    },
    typed: () => chat.typing(conversationId).keyPressed(),
    stoppedTyping: () => chat.typing(conversationId).stopped(),
    loadOlder: () => {
      const { older, messages } = store.state.chat;
      const [first] = messages;
      if (first !== undefined && (older === 'some' || older === 'failed')) void loadOlder(first.seq);
    },
    retry: () => {
      const waiting = store.state.chat.outgoing.findLast(({ state }) => state.kind === 'retrying');
      if (waiting !== undefined) {
        chat.retry(waiting.clientMessageId);
        return true;
      }
      const refused = store.state.chat.outgoing.findLast(({ state }) => state.kind === 'refused');
      if (refused === undefined) return false;
      const clientMessageId = refused.clientMessageId;
      store.dispatch({ kind: 'chat', event: { kind: 'outgoing-discarded', clientMessageId } });
      chat.send({ content: refused.content, conversationId });
      return true;
    },
    discard: () => {
      const last = store.state.chat.outgoing.findLast(({ state }) => state.kind !== 'sent');
      if (last === undefined) return undefined;
      if (last.state.kind !== 'refused') chat.discard(last.clientMessageId);
      const { clientMessageId } = last;
      store.dispatch({ kind: 'chat', event: { kind: 'outgoing-discarded', clientMessageId } });
      return last.content;
    },
    reconnect: () => {
      chat.reconnectNow();
      market.reconnectNow();
    },
    unsent,
    settled: (millis) =>
      new Promise((resolve) => {
        const enough = (): void => {
          timer.cancel();
          off();
          resolve();
        };
        const timer = clock.after(millis, enough);
        const off = chat.on('outgoing', () => {
          if (unsent().length === 0) enough();
        });
        if (unsent().length === 0) enough();
      }),
    close: async () => {
      stop.abort();
      for (const end of ended) end();
      market.close();
      await chat.close();
    },
  };
}

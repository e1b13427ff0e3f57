/**
 * Every HTTP route of an RTD server, typed. Answers are parsed; an error answer becomes the RtdError that it carries; a
 * server that cannot be reached, or is none of ours, becomes one UnreachableError that says what, why, and what to do.
 */
import type {
  Candle,
  CandleInterval,
  ChatMessage,
  ConversationSummary,
  Health,
  HistoryPage,
  MarketPoll,
  NewConversation,
  Presence,
  Tick,
  TickInput,
} from '@rtd/protocol';
import type { ClientIdentity } from './identity.ts';

export interface HttpApiOptions {
  /** `http://127.0.0.1:8080`; a bare `host:port`, and ws(s), are understood too. */
  readonly url: string;
  readonly identity?: ClientIdentity | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** How long an answer may take, over the `wait` of a long poll; default 10 s. */
  readonly timeoutMillis?: number | undefined;
}

/** What `POST /api/chat/messages` takes; neither id means `global`. */
export interface OutgoingBody {
  readonly content: string;
  readonly conversationId?: string | undefined;
  readonly recipientId?: string | undefined;
  readonly clientMessageId?: string | undefined;
}

export interface HistoryQuery {
  readonly conversationId?: string | undefined;
  /** Exclusive seqs. With `after` the oldest first after it, else the newest; in seq order both. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  /** 1 to 500; the server's default is 50. */
  readonly limit?: number | undefined;
}

/** One readiness line a dependency, as the server words it. */
export interface Readiness {
  readonly ready: boolean;
  readonly text: string;
}

export interface HttpApi {
  /** The server's address, normalized: no trailing slash. */
  readonly baseUrl: string;
  history(query?: HistoryQuery, signal?: AbortSignal): Promise<HistoryPage>;
  /** Resolves with the message once it is committed; the same clientMessageId again gives the first one. */
  postMessage(message: OutgoingBody, signal?: AbortSignal): Promise<ChatMessage>;
  pollMessages(
    query: { conversationId: string; after: number; waitSeconds: number },
    signal?: AbortSignal,
  ): Promise<HistoryPage>;
  conversations(signal?: AbortSignal): Promise<readonly ConversationSummary[]>;
  createConversation(conversation: NewConversation): Promise<ConversationSummary>;
  addMember(conversationId: string, userId: string): Promise<void>;
  removeMember(conversationId: string, userId: string): Promise<void>;
  /** Needs the role `admin`. */
  revoke(userId: string): Promise<void>;
  presence(signal?: AbortSignal): Promise<readonly Presence[]>;
  snapshot(signal?: AbortSignal): Promise<readonly Tick[]>;
  candles(symbol: string, interval: CandleInterval, limit?: number, signal?: AbortSignal): Promise<readonly Candle[]>;
  pollTicks(query: { after?: string | undefined; waitSeconds: number }, signal?: AbortSignal): Promise<MarketPoll>;
  /** All or nothing; resolves with how many were accepted. */
  postTicks(ticks: readonly TickInput[], signal?: AbortSignal): Promise<number>;
  health(signal?: AbortSignal): Promise<Health>;
  readiness(signal?: AbortSignal): Promise<Readiness>;
}

export function createHttpApi(_options: HttpApiOptions): HttpApi {
  throw new Error('not built yet');
}

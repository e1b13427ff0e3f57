/**
 * Every HTTP route of an RTD server, typed. Answers are parsed; an error answer becomes the RtdError that it carries; a
 * server that cannot be reached, or is none of ours, becomes one UnreachableError that says what, why, and what to do.
 */
import {
  Candle,
  type CandleInterval,
  ChatMessage,
  ConversationSummary,
  Health,
  HistoryPage,
  MarketPoll,
  type NewConversation,
  Presence,
  Tick,
  type TickInput,
  TicksAccepted,
} from '@rtd/protocol';
import { type Clock, systemClock } from './clock.ts';
import {
  type HttpAnswer,
  type HttpPeer,
  type HttpRequest,
  kindOf,
  notRtd,
  parseJson,
  refusalOf,
  request,
} from './http-request.ts';
import { type ClientIdentity, Credentials } from './identity.ts';
import { parseServerAddress } from './server-address.ts';

export interface HttpApiOptions {
  /** `http://127.0.0.1:8080`; a bare `host:port`, and ws(s), are understood too. */
  readonly url: string;
  readonly identity?: ClientIdentity | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** How long an answer may take, over the `wait` of a long poll; default 10 s. */
  readonly timeoutMillis?: number | undefined;
  readonly clock?: Clock | undefined;
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

/** Who is known, and how they were seen last. */
export const PresenceEntry = Presence.omit({ timestamp: true });
export type PresenceEntry = ReturnType<typeof PresenceEntry.parse>;

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
  presence(signal?: AbortSignal): Promise<readonly PresenceEntry[]>;
  snapshot(signal?: AbortSignal): Promise<readonly Tick[]>;
  candles(symbol: string, interval: CandleInterval, limit?: number, signal?: AbortSignal): Promise<readonly Candle[]>;
  pollTicks(query: { after?: string | undefined; waitSeconds: number }, signal?: AbortSignal): Promise<MarketPoll>;
  /** All or nothing; resolves with how many were accepted. */
  postTicks(ticks: readonly TickInput[], signal?: AbortSignal): Promise<number>;
  health(signal?: AbortSignal): Promise<Health>;
  readiness(signal?: AbortSignal): Promise<Readiness>;
}

const DEFAULT_TIMEOUT_MILLIS = 10_000;

/** What is needed of a zod schema. */
interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly { readonly path: PropertyKey[] }[] } };
}

/** Makes no request by itself. @throws RtdError VALIDATION for an address or a user id that cannot be one. */
export function createHttpApi(options: HttpApiOptions): HttpApi {
  return httpApiOf(
    {
      baseUrl: parseServerAddress(options.url).baseUrl,
      // Browsers want `fetch` to be called on its window.
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      clock: options.clock ?? systemClock,
      credentials: new Credentials(options.identity ?? {}),
    },
    options.timeoutMillis ?? DEFAULT_TIMEOUT_MILLIS,
  );
}

/** The same for who has parsed its options already. */
export function httpApiOf(peer: HttpPeer, timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): HttpApi {
  type Call = Partial<Pick<HttpRequest, 'query' | 'body' | 'signal'>> & { waitSeconds?: number };

  async function answerOf(method: HttpRequest['method'], path: string, call: Call): Promise<HttpAnswer> {
    const waitMillis = (call.waitSeconds ?? 0) * 1_000;
    const answer = await request(peer, { method, path, ...call, timeoutMillis: timeoutMillis + waitMillis });
    if (answer.response.ok) return answer;
    throw refusalOf(peer.baseUrl, answer);
  }

  async function ask<T>(method: HttpRequest['method'], path: string, schema: Schema<T>, call: Call = {}): Promise<T> {
    const answer = await answerOf(method, path, call);
    const json = parseJson(answer.text);
    if (json === undefined) throw notRtd(peer.baseUrl, `it answered ${path}${kindOf(answer) || ' with broken JSON'}`);
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
    throw notRtd(peer.baseUrl, `the answer to ${path} does not fit${field === '' ? '' : ` in "${field}"`}`);
  }

  const memberPath = (conversationId: string, userId: string): string =>
    `/api/conversations/${encodeURIComponent(conversationId)}/members/${encodeURIComponent(userId)}`;

  return {
    baseUrl: peer.baseUrl,
    history: ({ conversationId, before, after, limit } = {}, signal) =>
      ask('GET', '/api/chat/history', HistoryPage, { query: { conversationId, before, after, limit }, signal }),
    postMessage: (body, signal) => ask('POST', '/api/chat/messages', ChatMessage, { body, signal }),
    pollMessages: ({ conversationId, after, waitSeconds }, signal) => {
      const query = { conversationId, after, wait: waitSeconds };
      return ask('GET', '/api/chat/poll', HistoryPage, { query, signal, waitSeconds });
    },
    conversations: (signal) => ask('GET', '/api/conversations', ConversationSummary.array(), { signal }),
    createConversation: (body) => ask('POST', '/api/conversations', ConversationSummary, { body }),
    addMember: async (conversationId, userId) => {
      await answerOf('PUT', memberPath(conversationId, userId), {});
    },
    removeMember: async (conversationId, userId) => {
      await answerOf('DELETE', memberPath(conversationId, userId), {});
    },
    revoke: async (userId) => {
      await answerOf('POST', '/api/admin/revoke', { body: { userId } });
    },
    presence: (signal) => ask('GET', '/api/presence', PresenceEntry.array(), { signal }),
    snapshot: (signal) => ask('GET', '/api/market/snapshot', Tick.array(), { signal }),
    candles: (symbol, interval, limit, signal) =>
      ask('GET', '/api/market/candles', Candle.array(), { query: { symbol, interval, limit }, signal }),
    pollTicks: ({ after, waitSeconds }, signal) =>
      ask('GET', '/api/market/poll', MarketPoll, { query: { after, wait: waitSeconds }, signal, waitSeconds }),
    postTicks: async (ticks, signal) => {
      const { accepted } = await ask('POST', '/api/market/ticks', TicksAccepted, { body: ticks, signal });
      return accepted;
    },
    health: (signal) => ask('GET', '/api/websocket/health', Health, { signal }),
    readiness: async (signal) => {
      const answer = await request(peer, { method: 'GET', path: '/readyz', timeoutMillis, signal });
      if (answer.status !== 200 && answer.status !== 503) throw refusalOf(peer.baseUrl, answer);
      return { ready: answer.status === 200, text: answer.text };
    },
  };
}

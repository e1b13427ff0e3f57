/**
 * A stretch of a conversation from the past on, read a page at a time as it is used, and over every break of the server:
 * in seq order, each once. With `follow` it goes on with what is said now.
 */
import type { HttpApi } from '@rtd/client';
import { type ChatMessage, RtdError } from '@rtd/protocol';
import { PAGE } from '../history/read-history.ts';
import { pause } from '../interruption.ts';

const LONGEST_WAIT_MILLIS = 30_000;
const POLL_SECONDS = 25;

/** A message by its number, or by when it was sent (epoch milliseconds). */
export type Place = { readonly seq: number } | { readonly at: number };

export interface PastMessages {
  readonly api: Pick<HttpApi, 'history' | 'pollMessages'>;
  readonly conversationId: string;
  /** Inclusive, both; without them it is the whole conversation. */
  readonly from: Place | undefined;
  readonly to: Place | undefined;
  /** Nothing up to this seq. */
  readonly behind: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** The server does not answer; the next try is in `waitMillis`. */
  readonly onAway: (error: RtdError, waitMillis: number) => void;
  readonly onBack: () => void;
}

/** Ends when the signal aborts. @throws RtdError when the first request fails, and for what no later one can mend. */
export async function* pastMessages(past: PastMessages): AsyncGenerator<ChatMessage> {
  const { api, conversationId, from, to, follow, signal } = past;
  const start = from === undefined ? 0 : 'seq' in from ? from.seq - 1 : (await firstAt(past, from.at)) - 1;
  let after = Math.max(start, past.behind);
  let atEnd = false;
  while (!signal.aborted) {
    const page = await insistently(past, () =>
      atEnd
        ? api.pollMessages({ conversationId, after, waitSeconds: POLL_SECONDS }, signal)
        : api.history({ conversationId, after, limit: PAGE }, signal),
    );
    if (page === undefined) return;
    for (const message of page.messages) {
      if (to !== undefined && isBehind(message, to)) return;
      yield message;
      after = message.seq;
    }
    atEnd = !page.hasMore;
    if (atEnd && !follow) return;
  }
}

function isBehind(message: ChatMessage, place: Place): boolean {
  return 'seq' in place ? message.seq > place.seq : Date.parse(message.timestamp) > place.at;
}

/** The seq of the first message that was sent at `millis` or later, by halving: seqs have no holes, and grow with time. */
async function firstAt({ api, conversationId, signal }: PastMessages, millis: number): Promise<number> {
  const newest = (await api.history({ conversationId, limit: 1 }, signal)).messages[0]?.seq ?? 0;
  let low = 1;
  let high = newest + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [message] = (await api.history({ conversationId, after: middle - 1, limit: 1 }, signal)).messages;
    if (message !== undefined && Date.parse(message.timestamp) < millis) low = message.seq + 1;
    else high = middle;
  }
  return low;
}

/** Asks again while the server is away; undefined when the signal aborts. */
async function insistently<Answer>(past: PastMessages, ask: () => Promise<Answer>): Promise<Answer | undefined> {
  const { signal, onAway, onBack } = past;
  for (let wait = 1_000, away = false; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MILLIS)) {
    try {
      const answer = await ask();
      if (away) onBack();
      return answer;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof RtdError) || !error.retryable) throw error;
      away = true;
      const waitMillis = Math.max(wait, error.retryAfterMillis ?? 0);
      onAway(error, waitMillis);
      await pause(waitMillis, signal);
    }
  }
  return undefined;
}

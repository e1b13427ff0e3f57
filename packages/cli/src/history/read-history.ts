/** A stretch of a conversation, however long, out of pages: a server gives at most {@link PAGE} messages at once. */
import type { HttpApi } from '@rtd/client';
import type { ChatMessage } from '@rtd/protocol';

/** The most that one request may ask for (contract, section 1). */
export const PAGE = 500;

export interface Stretch {
  readonly conversationId: string;
  /** Exclusive seqs. */
  readonly before: number | undefined;
  /** With it the oldest first after it, without it the newest `limit`. */
  readonly after: number | undefined;
  /** Infinity for all; only with `after`, because the newest come out last and wait in memory. */
  readonly limit: number;
}

/** In seq order. */
export async function* readHistory(api: Pick<HttpApi, 'history'>, stretch: Stretch): AsyncGenerator<ChatMessage> {
  if (stretch.after === undefined) yield* await newest(api, stretch);
  else yield* onwards(api, stretch, stretch.after);
}

async function* onwards(api: Pick<HttpApi, 'history'>, stretch: Stretch, start: number): AsyncGenerator<ChatMessage> {
  const { conversationId, before } = stretch;
  let after = start;
  let left = stretch.limit;
  for (;;) {
    const limit = Math.min(left, PAGE);
    const page = await api.history({ conversationId, before, after, limit });
    yield* page.messages;
    left -= page.messages.length;
    const last = page.messages.at(-1);
    if (!page.hasMore || left <= 0 || last === undefined) return;
    after = last.seq;
  }
}

async function newest(api: Pick<HttpApi, 'history'>, stretch: Stretch): Promise<ChatMessage[]> {
  const { conversationId } = stretch;
  const pages: ChatMessage[][] = [];
  let { before, limit: left } = stretch;
  for (;;) {
    const page = await api.history({ conversationId, before, limit: Math.min(left, PAGE) });
    pages.unshift(page.messages);
    left -= page.messages.length;
    const [first] = page.messages;
    if (!page.hasMore || left <= 0 || first === undefined) return pages.flat();
    before = first.seq;
  }
}

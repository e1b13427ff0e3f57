import { ChatMessage, type ConversationId, ConversationId as ConversationIdSchema, RtdError } from '@rtd/protocol';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { SubscribeOptions } from './chat-session.ts';
import { ConversationFeed } from './conversation-feed.ts';
import { createHttpApi, type HttpApi } from './http-api.ts';

const ROOM: ConversationId = ConversationIdSchema.parse('room');

const message = (seq: number): ChatMessage =>
  ChatMessage.parse({
    id: `m${seq}`,
    conversationId: 'room',
    seq,
    senderId: 'ana',
    senderName: 'ana',
    type: 'TEXT',
    content: `text ${seq}`,
    status: 'SENT',
    timestamp: '2026-01-31T09:00:00.000Z',
  });

/** An API whose history has the messages 1 to `length()`. */
function apiWith(length: () => number): { api: HttpApi; asked: () => number } {
  let asked = 0;
  const api: HttpApi = {
    ...createHttpApi({ url: 'http://127.0.0.1:1' }),
    history: ({ before, after, limit = 50 } = {}) => {
      asked += 1;
      const all = Array.from({ length: length() }, (_, index) => message(index + 1));
      const fitting = all.filter(({ seq }) => seq > (after ?? 0) && seq < (before ?? Infinity));
      const messages = after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
      return Promise.resolve({ messages, hasMore: messages.length < fitting.length });
    },
  };
  return { api, asked: () => asked };
}

function feedOf(length: () => number, options: Partial<SubscribeOptions> = {}) {
  const got: number[] = [];
  const { api, asked } = apiWith(length);
  const feed = new ConversationFeed({
    conversationId: ROOM,
    subscribe: { onMessage: ({ seq }) => got.push(seq), ...options },
    api,
    onClosed: () => {},
  });
  return { feed, got, asked };
}

const alive = (): AbortSignal => new AbortController().signal;
const notBroken = (thrown: unknown): never => {
  throw thrown;
};

describe('ConversationFeed', () => {
  it('hands over the newest of the backlog first, and goes on behind it', async () => {
    const { feed, got } = feedOf(() => 120, { backlog: 3 });
    expect(await feed.position(alive())).toBe(120);
    expect(got).toEqual([118, 119, 120]);
    expect(feed.lastSeq).toBe(120);
    await feed.ready;
  });

  it('with a backlog of 0 hands over nothing, and knows where it starts', async () => {
    const { feed, got } = feedOf(() => 7, { backlog: 0 });
    expect(await feed.position(alive())).toBe(7);
    expect([got, feed.lastSeq]).toEqual([[], 0]);
    feed.take(message(8), alive(), notBroken);
    expect(got).toEqual([8]);
  });

  it('begins an empty conversation at its first message', async () => {
    const { feed, got } = feedOf(() => 0);
    expect(await feed.position(alive())).toBe(0);
    feed.take(message(1), alive(), notBroken);
    expect(got).toEqual([1]);
  });

  it('hands over each once, in order, without holes, whatever order and repeats they come in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 80 }),
        fc.integer({ min: 0, max: 39 }),
        async (total, arrivals, afterSeq) => {
          const start = Math.min(afterSeq, total);
          const { feed, got } = feedOf(() => total, { afterSeq: start });
          await feed.position(alive());
          const coming = arrivals.filter((seq) => seq <= total);
          for (const seq of coming) feed.take(message(seq), alive(), notBroken);
          const newest = Math.max(start, ...coming);
          await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(newest - start), { interval: 1 });
          // The page that fills a hole may reach beyond what came.
          expect(got.length).toBeLessThanOrEqual(total - start);
          expect(got).toEqual(got.map((_, index) => start + 1 + index));
        },
      ),
    );
  });

  it('fetches a hole page by page, and holds what comes meanwhile', async () => {
    const { feed, got, asked } = feedOf(() => 1_234, { afterSeq: 0 });
    feed.take(message(1_233), alive(), notBroken);
    feed.take(message(1_234), alive(), notBroken);
    await vi.waitFor(() => expect(feed.lastSeq).toBe(1_234));
    expect(got).toEqual(Array.from({ length: 1_234 }, (_, index) => index + 1));
    expect(asked()).toBe(3);
  });

  it('says what it leaves out where more is missing than is caught up on', async () => {
    const skipped: unknown[] = [];
    const { feed, got } = feedOf(() => 20_000, { afterSeq: 5, onSkipped: (range) => skipped.push(range) });
    feed.take(message(10_007), alive(), notBroken);
    await vi.waitFor(() => expect(got).toEqual([10_007]));
    expect(skipped).toEqual([{ from: 6, to: 10_006 }]);
  });

  it('gives up on a hole that the history cannot fill, so that the connection begins again', async () => {
    const { feed, got } = feedOf(() => 2, { afterSeq: 2 });
    const broken = vi.fn();
    feed.take(message(5), alive(), broken);
    await vi.waitFor(() => expect(broken).toHaveBeenCalledOnce());
    expect(got).toEqual([]);
    expect(await feed.position(alive())).toBe(2);
    feed.take(message(3), alive(), notBroken);
    expect(got).toEqual([3]);
  });

  it('pages backwards from the oldest that was handed over', async () => {
    const { feed } = feedOf(() => 100, { backlog: 10 });
    await feed.position(alive());
    const pages = [await feed.older(20), await feed.older(20)];
    expect(pages.map(({ messages }) => [messages[0]?.seq, messages.at(-1)?.seq])).toEqual([
      [71, 90],
      [51, 70],
    ]);
  });

  it('hands over nothing after it was closed or ended, and says once why', async () => {
    const ended: string[] = [];
    const { feed, got } = feedOf(() => 0, { afterSeq: 0, onEnded: (error) => ended.push(error.code) });
    feed.take(message(1), alive(), notBroken);
    feed.end(new RtdError('FORBIDDEN', 'removed'));
    feed.end(new RtdError('FORBIDDEN', 'removed'));
    feed.take(message(2), alive(), notBroken);
    await feed.ready;
    expect([got, ended]).toEqual([[1], ['FORBIDDEN']]);
  });
});

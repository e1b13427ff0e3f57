import { ChatMessage } from '@rtd/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PAGE, readHistory, type Stretch } from './read-history.ts';

/** A conversation of `length` messages, paged by the rules of the contract (sections 1 and 9). */
function conversation(length: number) {
  const all = Array.from({ length }, (_, index) =>
    ChatMessage.parse({
      id: `m${index + 1}`,
      conversationId: 'global',
      seq: index + 1,
      senderId: 'alice',
      senderName: 'alice',
      type: 'TEXT',
      content: 'x',
      status: 'SENT',
      timestamp: '2026-01-01T00:00:00.000Z',
    }),
  );
  const asked: number[] = [];
  return {
    asked,
    history: (query: { before?: number | undefined; after?: number | undefined; limit?: number | undefined } = {}) => {
      const { before = Number.POSITIVE_INFINITY, after, limit = 50 } = query;
      asked.push(limit);
      const fitting = all.filter(({ seq }) => seq < before && seq > (after ?? 0));
      const messages = after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
      return Promise.resolve({ messages, hasMore: fitting.length > messages.length });
    },
  };
}

async function seqs(length: number, stretch: Partial<Stretch>): Promise<{ got: number[]; asked: number[] }> {
  const api = conversation(length);
  const got: number[] = [];
  const whole = { conversationId: 'global', before: undefined, after: undefined, limit: 50, ...stretch };
  for await (const { seq } of readHistory(api, whole)) got.push(seq);
  return { got, asked: api.asked };
}

test('however long the stretch, it is exactly the one asked for, in order, in pages that the server allows', async () => {
  const place = fc.option(fc.integer({ min: 0, max: 2_600 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2_500 }),
      place,
      place,
      fc.integer({ min: 1, max: 2_600 }),
      async (...given) => {
        const [length, before, after, limit] = given;
        const { got, asked } = await seqs(length, { before, after, limit });
        const fitting = Array.from({ length }, (_, index) => index + 1).filter(
          (seq) => seq < (before ?? Number.POSITIVE_INFINITY) && seq > (after ?? 0),
        );
        expect(got).toEqual(after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit));
        expect(Math.max(...asked)).toBeLessThanOrEqual(PAGE);
      },
    ),
    { numRuns: 50 },
  );
});

test('all of a long one comes from the first on', async () => {
  const { got } = await seqs(1_234, { after: 0, limit: Number.POSITIVE_INFINITY });
  expect(got).toEqual(Array.from({ length: 1_234 }, (_, index) => index + 1));
});

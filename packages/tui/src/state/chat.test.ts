import { ConversationId, GLOBAL_CONVERSATION, RtdError } from '@rtd/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message, NOON, outgoing } from '../../test/messages.ts';
import { type Chat, type ChatEvent, emptyChat, MAX_MESSAGES, MOST_MESSAGES, reduceChat, trimmed } from './chat.ts';

const empty = emptyChat(GLOBAL_CONVERSATION);
const after = (...events: readonly ChatEvent[]): Chat => events.reduce(reduceChat, empty);
const came = (seq: number, clientMessageId?: string): ChatEvent => ({
  kind: 'message',
  message: message(clientMessageId === undefined ? { seq } : { seq, clientMessageId }),
});
const seqs = (chat: Chat): number[] => chat.messages.map(({ seq }) => seq);
const stored = (seq: number) =>
  ({
    kind: 'sent',
    id: `m-${seq}`,
    conversationId: GLOBAL_CONVERSATION,
    seq,
    timestamp: new Date(NOON).toISOString(),
  }) as const;

describe('messages', () => {
  it('stand in seq order, each once, in whatever order and however often they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }), (arrived) => {
        const chat = after(...arrived.map((seq) => came(seq)));
        expect(seqs(chat)).toEqual([...new Set(arrived)].sort((a, b) => a - b));
      }),
    );
  });

  it('of another conversation stay out', () => {
    const other = { ...message({ seq: 1 }), conversationId: ConversationId.parse('another') };
    expect(reduceChat(empty, { kind: 'message', message: other })).toBe(empty);
  });

  it('are joined by older ones, which say whether there is more', () => {
    const chat = after(came(5), came(6), { kind: 'backlog-ready' });
    expect(chat.older).toBe('some');
    const page = [3, 4].map((seq) => message({ seq }));
    const more = reduceChat(chat, { kind: 'older', messages: page, hasMore: true });
    expect(seqs(more)).toEqual([3, 4, 5, 6]);
    expect(more.older).toBe('some');
    const all = reduceChat(more, { kind: 'older', messages: [1, 2].map((seq) => message({ seq })), hasMore: false });
    expect(seqs(all)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(all.older).toBe('none');
  });

  it('are known to be all when the first has seq 1', () => {
    expect(after(came(1), came(2), { kind: 'backlog-ready' }).older).toBe('none');
  });

  it('are kept up to a bound, the newest', () => {
    const messages = Array.from({ length: MAX_MESSAGES * 2 }, (_, index) => message({ seq: index + 1 }));
    const chat = trimmed({ ...empty, messages });
    expect(chat.messages.length).toBe(MAX_MESSAGES);
    expect(chat.messages.at(-1)?.seq).toBe(MAX_MESSAGES * 2);
    expect(chat.older).toBe('some');
  });

  it('take no older ones beyond what is held at most', () => {
    const held = Array.from({ length: MOST_MESSAGES - 1 }, (_, index) => message({ seq: index + 10 }));
    const page = (seq: number) => ({ kind: 'older' as const, messages: [message({ seq })], hasMore: true });
    const roomy = reduceChat({ ...empty, messages: held.slice(1), older: 'loading' }, page(10));
    expect(roomy.older).toBe('some');
    expect(reduceChat(roomy, page(9)).older).toBe('full');
  });
});

describe("one's own messages", () => {
  it('are shown at once, and give way to the stored one', () => {
    const sending = after({ kind: 'outgoing', message: outgoing('a', { kind: 'queued' }) });
    expect(sending.outgoing.map(({ state }) => state.kind)).toEqual(['queued']);
    const both = reduceChat(sending, came(1, 'a'));
    expect(both.outgoing).toEqual([]);
    expect(seqs(both)).toEqual([1]);
  });

  it('do not come back when the confirmation is later than the message', () => {
    const chat = after({ kind: 'outgoing', message: outgoing('a', { kind: 'sending' }) }, came(1, 'a'), {
      kind: 'outgoing',
      message: outgoing('a', stored(1)),
    });
    expect(chat.outgoing).toEqual([]);
  });

  it('stay, with the reason, where they were refused', () => {
    const error = new RtdError('TOO_LARGE', 'too large');
    const chat = after(
      { kind: 'outgoing', message: outgoing('a', { kind: 'sending' }) },
      { kind: 'outgoing', message: outgoing('a', { kind: 'refused', error }) },
    );
    expect(chat.outgoing.map(({ state }) => state)).toEqual([{ kind: 'refused', error }]);
    expect(reduceChat(chat, { kind: 'outgoing-discarded', clientMessageId: 'a' }).outgoing).toEqual([]);
  });

  it('are there exactly once in the end, in any interleaving of confirmation and message', () => {
    const interleaved = fc.shuffledSubarray(['sending', 'sent', 'message', 'message'], { minLength: 3 });
    fc.assert(
      fc.property(interleaved, (order) => {
        const events = order.map((what): ChatEvent => {
          if (what === 'message') return came(1, 'a');
          return { kind: 'outgoing', message: outgoing('a', what === 'sent' ? stored(1) : { kind: 'sending' }) };
        });
        const chat = after(...events);
        expect(chat.messages.length).toBe(1);
        expect(chat.outgoing).toEqual([]);
      }),
    );
  });
});

describe('status', () => {
  it('READ holds for all before, DELIVERED for the one', () => {
    const change = { id: 'm-2', conversationId: GLOBAL_CONVERSATION, seq: 2, userId: 'bo', timestamp: '' } as const;
    const three = after(came(1), came(2), came(3));
    const statuses = (status: 'DELIVERED' | 'READ'): string[] =>
      reduceChat(three, { kind: 'delivery', change: { ...change, status } }).messages.map((one) => one.status);
    expect(statuses('DELIVERED')).toEqual(['SENT', 'DELIVERED', 'SENT']);
    expect(statuses('READ')).toEqual(['READ', 'READ', 'SENT']);
  });

  it('never goes back', () => {
    const change = { id: 'm-1', conversationId: GLOBAL_CONVERSATION, seq: 1, userId: 'bo', timestamp: '' } as const;
    const read = after(came(1), { kind: 'delivery', change: { ...change, status: 'READ' } });
    expect(reduceChat(read, { kind: 'delivery', change: { ...change, status: 'DELIVERED' } })).toBe(read);
  });
});

describe('typing', () => {
  const types = (userId: string, isTyping: boolean, now: number): ChatEvent => ({
    kind: 'typing',
    now,
    typing: {
      conversationId: GLOBAL_CONVERSATION,
      userId: message({ seq: 1, from: userId }).senderId,
      userName: userId,
      isTyping,
      timestamp: new Date(now).toISOString(),
    },
  });

  it('ends when it is said, when the message comes, and by itself', () => {
    expect(after(types('ana', true, NOON)).typing.has('ana')).toBe(true);
    expect(after(types('ana', true, NOON), types('ana', false, NOON)).typing.size).toBe(0);
    expect(after(types('ana', true, NOON), came(1)).typing.size).toBe(0);
    expect(after(types('ana', true, NOON), { kind: 'time', now: NOON + 4_999 }).typing.size).toBe(1);
    expect(after(types('ana', true, NOON), { kind: 'time', now: NOON + 5_000 }).typing.size).toBe(0);
  });
});
